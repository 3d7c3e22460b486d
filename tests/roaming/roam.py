"""Tells stories until enough steps were taken; a story that breaks a promise is told again as short as it can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.roaming.invariants import Broken
from tests.roaming.machine import Roaming
from tests.roaming.story import Event, Story

STEPS_IN_A_STORY = 75
AT_ONCE = 150
"""Stories in one search: the longer a search, the more its stories resemble each other."""


def roam(
    first_seed: int, steps: int, count: Callable[[Counter[str]], None] = lambda _: None, *, shortens: bool = True
) -> None:
    """Take at least `steps` steps. `count` is told of each search, also of one that failed.

    Raises:
        Broken: with the shortest story that was found.
    """
    taken, number = 0, first_seed
    while taken < steps:
        left = (steps - taken) // STEPS_IN_A_STORY + 1
        told: Counter[str] = Counter()
        events: list[Event] = []
        machine = seed(number)(type("Roaming", (Roaming,), {"told": told, "latest": events}))
        try:
            run_state_machine_as_test(machine, settings=_settings(min(left, AT_ONCE)))
        except Exception as error:
            if not shortens:
                raise
            shortest, broken = shortened(list(events), error)
            raise Broken(f"{broken}\n\nSeed {number}. The story:\n" + "\n".join(told_again(shortest))) from error
        finally:
            count(told)
        taken += told.total()
        number += 1


def _settings(stories: int) -> settings:
    return settings(
        max_examples=stories,
        stateful_step_count=STEPS_IN_A_STORY,
        deadline=None,
        database=None,  # no folder stays behind, and yesterday's failure does not decide what is tried today
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),  # `shortened` knows that a story is a list of events, and is far quicker
    )


def shortened(events: list[Event], error: Exception) -> tuple[list[Event], str]:
    """The story without every event that its failure does not need, and what it breaks in the end."""
    kind, broken = _kind(error), str(error)
    unfolded = _unfolded(events)
    again = _breaks(unfolded)
    if again is not None and _kind(again) == kind:
        events = unfolded
    length = len(events) // 2
    while length:
        start = len(events)
        while start > 0:
            start -= length
            shorter = events[: max(start, 1)] + events[max(start, 1) + length :]  # the first one is the beginning
            again = _breaks(shorter)
            if len(shorter) < len(events) and again is not None and _kind(again) == kind:
                events, broken = shorter, str(again)
        length //= 2
    return events, broken


def _unfolded(events: list[Event]) -> list[Event]:
    """With a beginning from which single recordings and docks can be left out."""
    begin = events[0].arguments
    recorded = [
        Event("record", {"title": title, "path": path, "length": length, "later": False, "bad_from": None})
        for title, path, length in begin["footage"]
    ]
    docked = [Event("dock", {"title": title, "station": station}) for title, station in begin["docked"]]
    return [Event("begin", {"footage": [], "docked": []}), *recorded, *docked, *events[1:]]


def _kind(error: Exception) -> tuple[type[Exception], str]:
    """Which promise is broken: the first word of its sentence."""
    return type(error), str(error).partition(" ")[0]


def _breaks(events: list[Event], say: Callable[[str], None] = lambda _: None) -> Exception | None:
    story = Story(say)
    try:
        for event in events:
            story.happens(event)
        story.end()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the end of this story
        return error
    finally:
        story.close()
    return None


def told_again(events: list[Event]) -> list[str]:
    """Its sentences."""
    sentences: list[str] = []
    _breaks(events, sentences.append)
    return sentences
