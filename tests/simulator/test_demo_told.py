"""Each promise about who is told what can be broken, and its check says so."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulator.demo import told
from simulator.demo.promises import Verdict
from simulator.demo.roster import COLUMNS, DAY, LIEUTENANT, NIGHT, SERGEANT, drop
from simulator.demo.told import Told
from simulator.demo.world import IT
from tests.simulator import told_world as doctored
from tests.simulator.told_world import BACK, CLEARED, FIRST, IN_TIME, LATE, SILENT, UNSEEN, after

Doctor = Callable[[Told], Told]
CHECKS = (
    told.late_camera_is_told_and_cleared,
    told.dead_station_accuses_nobody,
    told.it_is_told_once,
    told.export_of_shifts,
    told.export_of_notices,
)


def mailed(message_id: str, **change: Any) -> Doctor:
    return lambda world: doctored.with_mail(world, message_id, **change)


def unmailed(message_id: str) -> Doctor:
    return lambda world: doctored.without_mail(world, message_id)


def another(subject: str, text: str, to: str = SERGEANT) -> Doctor:
    return lambda world: doctored.with_another(world, subject, text, to)


def judged(shift: Any, **change: Any) -> Doctor:
    return lambda world: doctored.with_row(world, shift, **change)


def played(**change: Any) -> Doctor:
    return lambda world: doctored.with_played(world, **change)


def exported(**change: Any) -> Doctor:
    return lambda world: replace(world, **change)


def noticed(shift: Any, kind: str) -> Doctor:
    return lambda world: doctored.with_notice(world, shift, kind)


@pytest.mark.parametrize("check", CHECKS)
def test_a_story_that_was_told_as_it_should_be_holds(check: Callable[[Told], Verdict]) -> None:
    verdict = check(doctored.told())
    assert verdict.held, verdict


def test_a_mail_that_was_handed_over_twice_is_one_mail() -> None:
    world = doctored.told()
    twice = replace(world, mails=[one for mail in world.mails for one in (mail, mail)])
    for check in CHECKS:
        assert check(twice).held, check(twice)


@pytest.mark.parametrize(
    ("doctor", "objection"),
    [
        (unmailed(FIRST), "not one first notice"),
        (unmailed(CLEARED), "not one first notice"),
        (another("[Dock] 1 camera not docked", "BWC0415"), "not one first notice"),
        (mailed(FIRST, to=(LIEUTENANT,)), "not one first notice"),
        (mailed(FIRST, subject="[Dock] Reminder: 1 camera still not docked"), "the first notice is"),
        (mailed(FIRST, arrived_at=after(7)), "before the deadline"),
        (mailed(FIRST, arrived_at=after(13)), "when the camera was back"),
        (mailed(FIRST, text="BWC0415"), "does not say whose"),
        (mailed(CLEARED, thread=frozenset()), "not in the thread"),
        (mailed(CLEARED, arrived_at=after(11)), "before the camera did"),
        (mailed(CLEARED, text="BWC0415 has docked."), "does not say that it docked at west-1"),
        (mailed(CLEARED, subject="[Dock] Cleared: BWC0415 docked"), "export shifts says 4.02 s"),
        (mailed(CLEARED, subject="[Dock] Cleared: BWC0415 docked 5 s past deadline"), "it was in 4.1 s after"),
        (mailed(CLEARED, subject="[Dock] Cleared: BWC0415 docked 1 min past deadline"), "export shifts says 4.02 s"),
        (judged(LATE, late_by_seconds=None), "export shifts says None s"),
        (judged(LATE, late_by_seconds=0.0), "late by 0.0 s, but it was in 4.1 s after"),
        (judged(LATE, late_by_seconds=4.2), "late by 4.2 s, but it was in 4.1 s after"),
    ],
)
def test_a_late_camera_that_is_told_otherwise_is_found_out(doctor: Doctor, objection: str) -> None:
    assert objection in str(told.late_camera_is_told_and_cleared(doctor(doctored.told())))


@pytest.mark.parametrize(
    ("doctor", "objection"),
    [
        (another("[Dock] 1 camera not docked", "BWC0416  Robin Sample"), "names BWC0416"),
        (another("[Dock] 1 camera not docked", "Not judged: BWC0416, Robin Sample"), "names Robin Sample"),
        (another("[Dock] Cleared: BWC0416 docked", "It docked."), "names BWC0416"),
        (another("[Dock] IT: a camera", "BWC0416 was in north-1", IT), "names BWC0416"),
        (another("[Dock] 1 camera not docked", "BWC0412  Alex Person"), "names Alex Person"),
        (another("[Dock] Hello", "Hello", LIEUTENANT), "went to lt.kim@dock.example"),
        (noticed(UNSEEN, "first"), "a notice (first) about BWC0416 was written"),
        (noticed(IN_TIME, "withdrawn"), "a notice (withdrawn) about BWC0412 was written"),
        (judged(UNSEEN, verdict="late"), "night-2 is late"),
        (judged(UNSEEN, verdict="outstanding"), "night-2 is outstanding"),
        (exported(shifts=[]), "night-2 is None"),
        (played(shifts_while_dead=[]), "had no night-2 while north-1 was dead"),
        (
            played(shifts_while_dead=[{"shift_id": "night-2", "verdict": "outstanding", "why": []}]),
            "night-2 was outstanding",
        ),
        (
            played(shifts_while_dead=[{"shift_id": "night-2", "verdict": "indeterminate", "why": ["no_station"]}]),
            "night-2 was indeterminate ['no_station']",
        ),
        (played(asked_at=after(7)), "nobody asked"),
        (played(asked_at=None), "nobody asked"),
        (played(started_at=after(7)), "nothing was shown"),
        (played(started_at=None), "nothing was shown"),
        (played(killed_at=after(1)), "nothing was shown"),
    ],
)
def test_an_accusation_on_account_of_a_dead_station_is_found_out(doctor: Doctor, objection: str) -> None:
    assert objection in str(told.dead_station_accuses_nobody(doctor(doctored.told())))


@pytest.mark.parametrize(
    ("doctor", "objection"),
    [
        (unmailed(SILENT), "not one mail of each kind"),
        (unmailed(BACK), "not one mail of each kind"),
        (another("[Dock] IT: north-1 silent since 22:01", "north-1 is silent.", IT), "not one mail of each kind"),
        (another("[Dock] Over: north-1 is back", "north-1 is heard again.", IT), "not one mail of each kind"),
        (mailed(SILENT, to=(SERGEANT,)), "not one mail of each kind"),
        (mailed(SILENT, arrived_at=after(-3)), "before north-1 was killed"),
        (mailed(SILENT, text="north-1 is silent; ask Pat Example"), "names Pat Example"),
        (mailed(BACK, arrived_at=after(19)), "is back before it was"),
        (mailed(BACK, thread=frozenset()), "are no thread"),
        (exported(alarms=[]), "has 0 silences"),
        (exported(alarms=[{"kind": "station_silent", "subject": "north-1", "ended_at": None}]), "has 1 silences"),
        (lambda world: replace(world, alarms=[*world.alarms, *world.alarms]), "has 2 silences"),
    ],
)
def test_it_that_is_told_wrongly_of_a_silent_station_is_found_out(doctor: Doctor, objection: str) -> None:
    assert objection in str(told.it_is_told_once(doctor(doctored.told())))


@pytest.mark.parametrize(
    "doctor",
    [
        judged(LATE, verdict="outstanding"),
        judged(UNSEEN, verdict="on_time"),
        judged(IN_TIME, verdict="late"),
        judged(IN_TIME, verdict="pending"),
        judged(IN_TIME, deadline=after(8).isoformat()),
        judged(LATE, docked_station_id="east-1"),
        judged(LATE, docked_at=after(11).isoformat()),
        judged(LATE, docked_at=None),
        exported(shifts=[]),
    ],
)
def test_an_export_of_shifts_that_tells_anything_else_is_found_out(doctor: Doctor) -> None:
    assert not told.export_of_shifts(doctor(doctored.told())).held


def test_an_export_of_notices_must_have_the_mails_and_only_these() -> None:
    world = doctored.told()
    first, *others = world.notices
    assert "is no row that was sent" in str(told.export_of_notices(replace(world, notices=others)))
    unsent = replace(world, notices=[dict(first) | {"sent_at": None}, *others])
    assert "is no row that was sent" in str(told.export_of_notices(unsent))
    assert "is not here" in str(told.export_of_notices(doctored.without_mail(world, SILENT)))
    other = replace(world, notices=[dict(first) | {"kind": "reminder"}, *others])
    assert "['reminder', 'cleared']" in str(told.export_of_notices(other))


@pytest.mark.parametrize(
    ("subject", "seconds"),
    [
        ("[Dock] Cleared: BWC0415 docked 5 s past deadline", 5),
        ("[Dock] Cleared: BWC0415 docked 1 min 5 s past deadline", 65),
        ("[Dock] Cleared: BWC0415 docked 2 min past deadline", 120),
        ("[Dock] Cleared: BWC0415 docked", None),
        ("[Dock] Cleared: 2 cameras docked", None),
    ],
)
def test_how_late_a_subject_says_is_read_as_seconds(subject: str, seconds: int | None) -> None:
    assert told.how_late(subject) == seconds


def test_a_roster_has_a_supervisor_and_a_home_for_each_shift_and_appears_whole(tmp_path: Path) -> None:
    drop(tmp_path, "tonight.csv", [LATE, IN_TIME])
    assert [path.name for path in tmp_path.iterdir()] == ["tonight.csv"]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "tonight.csv").read_text())))
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["unit"], row["supervisor_email"]) for row in rows] == [(NIGHT, SERGEANT), (DAY, LIEUTENANT)]
    assert (rows[0]["ends_at"], rows[0]["station_id"]) == (LATE.ends_at.isoformat(), "east-1")
