"""When a checker of cron jobs and daemons (Healthchecks and its like) is pinged, and with which word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

FAILED_ROUNDS = 3
"""A heartbeat that is lost now and then is no failure: the checker's own grace time covers it."""
LOOP_LIMIT_S = 180.0
"""A loop that did not complete a round for so long makes a station unhealthy, here and at central."""
BODY_LIMIT = 1000
"""Characters; checkers keep the first few kilobytes."""


class Word(StrEnum):
    START = "start"
    SUCCESS = "success"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Ping:
    word: Word
    body: str = ""


def after_heartbeat(failed_rounds: int, why: str, loop_ages_s: Mapping[str, float], doing: str) -> Ping | None:
    """What to say after a heartbeat: success only when it was answered and every loop does its work. None: nothing
    yet.

    `failed_rounds`: heartbeats without an answer in a row, with `why` of the latest; 0: it was answered.
    """
    if failed_rounds:
        told = f"central did not answer {failed_rounds} heartbeats in a row: {why}"
        return Ping(Word.FAIL, told[:BODY_LIMIT]) if failed_rounds >= FAILED_ROUNDS else None
    old = [f"{name} ({age:.0f} s)" for name, age in sorted(loop_ages_s.items()) if age > LOOP_LIMIT_S]
    if old:
        return Ping(Word.FAIL, f"no work was done by: {', '.join(old)}; {doing}"[:BODY_LIMIT])
    return Ping(Word.SUCCESS, doing[:BODY_LIMIT])


def url_for(url: str, word: Word) -> str:
    """`…/start`, `…` for success, `…/fail`; a query stays where it is."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=path if word is Word.SUCCESS else f"{path}/{word}"))
