"""`dock-agent enroll`"""

from __future__ import annotations

import argparse
import platform

from agent import config
from agent.adapters import central_api, credential_file
from agent.adapters.http_session import HttpSession
from agent.errors import ConfigError, Refused


def main(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    url: str = arguments.central
    if problem := config.url_problem(url):
        raise ConfigError([f"--central: {problem}"])
    if url.rstrip("/") != settings.central.url.rstrip("/"):
        raise Refused(
            f"--central is {url}, but {arguments.config} says central.url = {settings.central.url}.",
            hint="Make them the same: the station would not find the central that enrolled it.",
        )
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    http = HttpSession(url, verify=settings.central.ca_file or True)
    try:
        answer = central_api.enroll(
            http,
            url,
            arguments.code.strip(),
            credential_file.own_public_key(settings.state),
            hostname=platform.node(),
            station=settings.station.id,
        )
    finally:
        http.close()
    if answer.station != settings.station.id:
        raise Refused(
            f"This code is for station {answer.station!r}, but {arguments.config} says {settings.station.id!r}.",
            hint="Nothing was written here. Correct station.id and ask central for another code.",
        )
    credential_file.write(settings.credential_file, url, answer)
    print(f"Enrolled as {answer.station} at {url}. Receipts are signed with key {answer.receipt_key.key_id}.")
    return 0
