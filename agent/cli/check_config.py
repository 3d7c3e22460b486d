"""`dock-agent check-config`"""

from __future__ import annotations

import argparse

from agent import config
from agent.adapters.profile_files import load_profiles


def main(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    profiles = load_profiles(settings.site_profiles)
    print(
        f"{arguments.config}: station {settings.station.id}, central {settings.central.url}, "
        f"{len(settings.source)} source(s), {len(profiles)} camera profiles: nothing wrong."
    )
    return 0
