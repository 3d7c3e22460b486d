"""The worlds would show a mistake in the rule: each of these, made on purpose, is found."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.timeliness.claims import verdicts
from tests.timeliness.spoiled import spoiled_rule
from tests.timeliness.world import make_world

WORLDS = 6_000

MISTAKES = {
    "a dock at the deadline is late": ("returning", "stay.seen_at <= self.deadline", "stay.seen_at < self.deadline"),
    "perhaps in time is in time": ("returning", "and stay.seen_at <= self.deadline", "and True"),
    "the deadline forgets the grace": ("duty", "later(self.ends_at, self.policy.grace)", "self.ends_at"),
    "a mid-shift charge is a return": ("judgement", "since = counts_from(", "since = duty.starts_at or counts_from("),
    "docked until the very end does not count": (
        "returning",
        "return stay.last_present_at >= self.counts_from",
        "return stay.last_present_at > self.counts_from",
    ),
    "an uncertain undock is certain": (
        "returning",
        "return stay.last_present_at >= self.counts_from",
        "return stay.absent_at >= self.counts_from",
    ),
    "an uncertain undock is none": (
        "returning",
        "if s.absent_at >= self.counts_from",
        "if s.last_present_at >= self.counts_from",
    ),
    "first seen late is late": (
        "returning",
        "and s.absent_until <= self.deadline",
        "and s.seen_at <= self.deadline",
    ),
    "the next officer's early hour is ignored": (
        "returning",
        "min(duty.ends_at, max(duty.starts_at, following.takes_from))",
        "duty.ends_at",
    ),
    "coverage is ignored": ("judgement", "*returned.doubts(), *covered.spoiled", "*returned.doubts()"),
    "doubts are ignored": ("judgement", "*returned.doubts(), *covered.spoiled", "*covered.spoiled"),
    "each gap is tolerated by itself": (
        "coverage",
        "length(unwatched) <= most and",
        "all(length([gap]) <= most for gap in unwatched) and",
    ),
    "a gap as long as the tolerance is too long": (
        "coverage",
        "length(unwatched) <= most",
        "length(unwatched) < most",
    ),
    "no gap is tolerated": ("coverage", "length(unwatched) <= most", "not unwatched"),
    "a tolerance beyond a quarter of the grace": (
        "policy",
        "min(self.gap_tolerance, self.grace / 4)",
        "self.gap_tolerance",
    ),
    "one bay of a station is enough": (
        "coverage",
        "sorted(bay for owner, bay in watches if owner == station)",
        "sorted(bay for owner, bay in watches if owner == station)[:1]",
    ),
    "home stations alone are relevant": (
        "coverage",
        "return duty.home_stations.union(docked)",
        "return duty.home_stations",
    ),
    "every station ever used is relevant": (
        "coverage",
        "if stay.absent_until <= duty.ends_at and stay.absent_at >= since",
        "if stay.seen_at or since",
    ),
    "watched until now instead of as far as was told": (
        "watching",
        "    edges = [FAR_PAST, *(edge for span in spans for edge in span), FAR_FUTURE]",
        "    edges = [FAR_PAST, *(edge for span in spans for edge in span), FAR_FUTURE]\n"
        "    edges = edges if len(edges) == 2 else [*edges[:-2], FAR_FUTURE, FAR_FUTURE]",
    ),
    "outstanding until now, not until all have watched": (
        "judgement",
        "min(watched_by_all_until(case.relevant, case.watches), case.now)",
        "case.now",
    ),
    "a clock's error does not narrow the watch": (
        "watching",
        "(later(one.since, one.uncertainty), sooner(one.until, one.uncertainty))",
        "(one.since, one.until)",
    ),
    "a clock's error does not widen a dock": (
        "stay",
        "    by = session.uncertainty\n",
        "    by = session.uncertainty * 0\n",
    ),
    "a session goes on across any gap": (
        "stay",
        "if length(inner) <= tolerated:",
        "if length(inner) <= tolerated or stay:",
    ),
    "an open session is there until now": (
        "stay",
        "last_present = max(last_present, watch.certain[-1][1])",
        "last_present = FAR_FUTURE",
    ),
    "an open session is there only when first seen": (
        "stay",
        "last_present = max(last_present, watch.certain[-1][1])",
        "last_present = last_present",
    ),
    "nobody hands a camera over by hand": (
        "returning",
        "return any(one.officer != duty.officer for one in came)",
        "return False",
    ),
    "only who took it last can have it": (
        "returning",
        "came = [*owners(undocked, facts.duties), *(one for one in came if one.takes_from > undocked)]",
        "came = [*owners(undocked, facts.duties)]",
    ),
    "whoever took it last does not matter": (
        "returning",
        "came = [*owners(undocked, facts.duties), *(one for one in came if one.takes_from > undocked)]",
        "came = [one for one in came if one.takes_from > undocked]",
    ),
    "an officer cannot take it early": (
        "duty",
        "sooner(self.starts_at, self.policy.early_tolerance)",
        "self.starts_at",
    ),
    "shifts of two officers merge": ("duty", "same = duty.officer == shift.officer and", "same ="),
    "adjacent shifts stay apart": ("duty", "return same and", "return False and"),
    "shifts as far apart as the merge gap stay apart": ("duty", "- duty.ends_at <= gap", "- duty.ends_at < gap"),
    "nobody is waited for": ("judgement", "    if waiting_for:", "    if waiting_for and False:"),
    "silent stations are waited for": ("judgement", " and not _is_silent(one, case))", ")"),
    "judged before the deadline": ("judgement", "    if case.now < duty.deadline:", "    if False:"),
    "a camera that was taken out was never taken": (
        "returning",
        "if stay.seen_at <= duty.starts_at:",
        "if stay.seen_at <= duty.ends_at:",
    ),
    "the previous officer's late dock is this one's return": (
        "returning",
        "if stay.seen_at <= duty.ends_at and place and",
        "if False and",
    ),
    "the last dock is the return": ("returning", "next(iter(returns), None)", "next(iter(returns[::-1]), None)"),
    "the first charge before the end is the return": (
        "returning",
        "return begun[-1] if begun else",
        "return begun[0] if begun else",
    ),
    "late until the last dock": ("returning", "return min(after, key=", "return max(after, key="),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_worlds_find(mistake: str, tmp_path: Path) -> None:
    with spoiled_rule(tmp_path, *MISTAKES[mistake]) as rule:
        for number in range(WORLDS):
            if any(wrong for _, wrong in verdicts(make_world(random.Random(number)), rule)):
                return
    pytest.fail(f"{WORLDS} worlds did not show that {mistake}")
