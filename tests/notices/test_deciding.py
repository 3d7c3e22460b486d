"""Who is told what, and when: the policy as a table, and over random histories."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.notices.deciding import Leaving, leaving, sayings
from central.notices.digest import OPEN_KINDS, Kind
from central.notices.facts import CLOSING_KINDS, Item, Manner, Post, Standing, Told
from central.notices.settling import Change, Closing, settle

OPENED = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
SGT, DESK, CAPTAIN, CHIEF = "sgt@pd.example", "desk@pd.example", "captain@pd.example", "chief@pd.example"
MANNER = Manner()


def h(hours: float) -> datetime:
    return OPENED + timedelta(hours=hours)


def post(first: tuple[str, ...] = (SGT,), chain: tuple[str, ...] = (), **more: object) -> Post:
    return Post(unit="East", first=first, chain=chain, manner=MANNER, since=OPENED, **more)  # type: ignore[arg-type]


def item(*posts: Post, told: tuple[Told, ...] = (), number: int = 1, **more: object) -> Item:
    return Item(number, f"C{number}", OPENED, posts or (post(),), told, **more)  # type: ignore[arg-type]


def told(who: str = SGT, hours: float = 0.25, kind: Kind = Kind.FIRST, **more: object) -> Told:
    return Told(who, "live", "East", kind, h(hours), **more)  # type: ignore[arg-type]


def says(*items: Item, hours: float) -> list[tuple[str, str]]:
    return [(said.kind.value, said.recipient) for one in leaving(items, h(hours)) for said in one.sayings]


ESCALATES = post(chain=(CAPTAIN, CHIEF))
RISEN = (told(), told(CAPTAIN, 48, Kind.ESCALATION))


@pytest.mark.parametrize(
    ("what", "hours", "expected"),
    [
        (item(), 0.2, []),
        (item(), 0.25, [("first", SGT)]),
        (item(is_outstanding=False), 99, []),
        (item(post((SGT, DESK))), 0.25, [("first", DESK), ("first", SGT)]),
        (item(told=(told(),)), 24.2, []),
        (item(told=(told(),)), 24.25, [("reminder", SGT)]),
        (item(told=(told(waits=True),)), 99, []),
        (item(told=(told(),), paused_until=h(40)), 30, []),
        (item(told=(told(),), paused_until=h(40)), 40, [("reminder", SGT)]),
        (item(paused_until=h(40)), 1, [("first", SGT)]),
        (item(ESCALATES, told=(told(hours=30),)), 47, []),
        (item(ESCALATES, told=(told(hours=30),)), 48, [("escalation", CAPTAIN)]),
        (item(ESCALATES, told=(told(hours=30),), paused_until=h(50)), 49, []),
        (item(ESCALATES, told=(told(hours=46),)), 51.9, []),
        (item(ESCALATES, told=(told(hours=46),)), 52, [("escalation", CAPTAIN)]),
        (item(ESCALATES, told=(told(hours=46, was_refused=True),)), 48, [("escalation", CAPTAIN)]),
        (item(ESCALATES, told=(told(waits=True),)), 99, []),
        (item(ESCALATES, told=(told(waits=True, in_vain=True),)), 49, [("escalation", CAPTAIN)]),
        (item(post(chain=(CAPTAIN,), duty_from=h(70)), told=(told(hours=60),)), 75.9, []),
        (item(post(chain=(CAPTAIN,), duty_from=h(70)), told=(told(hours=60),)), 76, [("escalation", CAPTAIN)]),
        (item(ESCALATES, told=(*RISEN, told(hours=90, kind=Kind.REMINDER))), 96, [("escalation", CHIEF)]),
        (item(told=(told(),), closed_at=h(5), state="cleared"), 5.2, []),
        (item(told=(told(),), closed_at=h(5), state="cleared"), 5.25, [("cleared", SGT)]),
        (item(told=RISEN, closed_at=h(50), state="withdrawn"), 51, [("withdrawn", CAPTAIN), ("withdrawn", SGT)]),
        (item(told=(told(), told(hours=6, kind=Kind.CLEARED)), closed_at=h(5), state="cleared"), 99, []),
        (item(closed_at=h(5), state="cleared"), 99, []),
    ],
)
def test_the_policy(what: Item, hours: float, expected: list[tuple[str, str]]) -> None:
    assert says(what, hours=hours) == expected


def test_a_digest_takes_along_whatever_is_new_but_no_reminder_before_half_its_time() -> None:
    new, newer = item(number=1), item(post(), number=2)
    newer = replace(newer, opened_at=h(0.2), posts=(replace(post(), since=h(0.2)),))
    recent, older = item(told=(told(hours=-5),), number=3), item(told=(told(hours=-13),), number=4)
    assert says(new, newer, recent, older, hours=0.25) == [("first", SGT), ("reminder", SGT), ("first", SGT)]
    assert says(newer, older, hours=0.3) == [], "neither is due by itself"
    assert says(newer, replace(older, told=(told(hours=-24),)), hours=0.3) == [("reminder", SGT)]


def test_units_recipients_and_modes_have_a_digest_each() -> None:
    west = replace(post(), unit="West")
    shadow = replace(post(), manner=replace(MANNER, mode="shadow"))
    found = leaving([item(number=1), item(west, number=2), item(shadow, number=3), item(number=4)], h(1))
    assert [(one.unit, one.mode, len(one.sayings)) for one in found] == [
        ("East", "live", 2),
        ("East", "shadow", 1),
        ("West", "live", 1),
    ]


def test_going_live_tells_what_was_only_shown_until_then() -> None:
    shown = replace(told(), mode="shadow")
    assert says(item(told=(shown,)), hours=1) == [("first", SGT)]


def test_a_unit_with_times_of_day_waits_for_them_with_every_word() -> None:
    at_noon = replace(MANNER, times=(time(12),), zone=UTC_ZONE)
    one = item(replace(ESCALATES, manner=at_noon))
    assert says(one, hours=5.9) == []
    assert says(one, hours=6) == [("first", SGT)]
    after = replace(one, told=(replace(told(hours=6.01), manner=at_noon),))
    assert says(after, hours=29.9) == []
    assert says(after, hours=30) == [("reminder", SGT)]
    closed = replace(after, closed_at=h(8), state="cleared")
    assert says(closed, hours=29.9) == []
    assert says(closed, hours=30) == [("cleared", SGT)]


# What becomes of an item by what stands.


def stands(verdict: str, shift_id: str = "S1", camera: str = "C1", due: float = -1, **more: object) -> Standing:
    return Standing(shift_id, camera, verdict, h(due), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        ([stands("outstanding")], Change()),
        ([stands("pending")], Change()),
        ([stands("late")], Change(Closing("cleared"))),
        ([stands("pending", due=5)], "The shift's end was corrected"),
        (
            [stands("on_time", docked_where="West, Bay 2", docked_at=h(-3))],
            "docked at West, Bay 2 on Fri Nov 20 03:00",
        ),
        ([stands("no_duty")], "never left"),
        ([stands("excused", excuse="court")], "Excused: court."),
        ([stands("indeterminate")], "nothing can be said"),
        ([stands("outstanding", camera="C2")], "camera C2"),
        ([], "roster"),
        ([stands("late"), stands("excused", "S2")], Change(Closing("cleared"))),
        ([stands("excused"), stands("outstanding", "S2")], Change()),
    ],
)
def test_an_item_stays_open_is_cleared_or_is_withdrawn_with_a_reason(
    standing: list[Standing], expected: Change | str
) -> None:
    own = ["S1", "S2"][: max(1, len(standing))]
    change = settle("C1", own, {one.shift_id: one for one in standing}, (), h(0), UTC_ZONE)
    if isinstance(expected, Change):
        assert change == expected
    else:
        assert change.closes is not None
        assert change.closes.state == "withdrawn"
        assert expected in change.closes.why


def test_later_shifts_join_an_open_item_and_open_a_new_one_once_it_is_closed() -> None:
    out, more = stands("outstanding"), stands("outstanding", "S2")
    assert settle("C1", (), {}, [out], h(0), UTC_ZONE) == Change(opens=("S1",))
    assert settle("C1", ["S1"], {"S1": out}, [out, more], h(0), UTC_ZONE) == Change(joins=("S2",))
    back = settle("C1", ["S1"], {"S1": stands("late")}, [more], h(0), UTC_ZONE)
    assert back == Change(Closing("cleared"), opens=("S2",))


# Random histories.


@dataclass
class History:
    """Items as the database would keep them, and every mail that was written."""

    items: dict[int, Item] = field(default_factory=dict)
    mails: list[tuple[datetime, Leaving]] = field(default_factory=list)

    def write(self, now: datetime) -> None:
        for mail in leaving(self.items.values(), now):
            self.mails.append((now, mail))
            for said in mail.sayings:
                held = self.items[said.item.number]
                if said.kind in OPEN_KINDS:
                    assert held.is_outstanding, "nobody is told of what does not stand"
                    assert held.closed_at is None
                manner = said.post.manner if said.post else MANNER
                word = Told(mail.recipient, mail.mode, mail.unit, said.kind, now, manner)
                self.items[held.number] = replace(held, told=(*held.told, word))


CHAINS = (post(), post((SGT, DESK)), post(chain=(CAPTAIN, CHIEF)), post(chain=(SGT, CAPTAIN)))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "close", "hold", "pause", "nothing"]),
        st.integers(0, 3),
        st.floats(0.01, 30),
        st.sampled_from(CHAINS),
    ),
    max_size=30,
)


@given(STEPS)
def test_whoever_was_told_hears_one_ending_and_nobody_is_written_to_more_often_than_the_rules_say(
    steps: list[tuple[str, int, float, Post]],
) -> None:
    """Four cameras, each with at most one open item."""
    history, now, number = History(), OPENED, 0
    current: dict[int, int] = {}
    for what, camera, hours, own in steps:
        now += timedelta(hours=hours)
        held = history.items.get(current.get(camera, -1))
        if what == "open" and (held is None or held.closed_at is not None):
            number += 1
            current[camera] = number
            history.items[number] = Item(number, f"C{camera}", now, (replace(own, since=now),))
        elif held is not None and held.closed_at is None:
            changes = {
                "close": {"closed_at": now, "state": "withdrawn" if hours < 10 else "cleared", "posts": ()},
                "hold": {"is_outstanding": not held.is_outstanding},
                "pause": {"paused_until": now + timedelta(hours=10)},
            }
            history.items[held.number] = replace(held, **changes.get(what, {}))  # type: ignore[arg-type]
        history.write(now)
    for one in list(history.items.values()):
        if one.closed_at is None:
            history.items[one.number] = replace(one, closed_at=now, state="cleared", posts=())
    history.write(now + timedelta(hours=1))
    for one in history.items.values():
        _holds(one)
    assert leaving(history.items.values(), now + timedelta(days=99)) == ()


def _holds(one: Item) -> None:
    assert one.still_to_hear() == ()
    for who in {word.recipient for word in one.told}:
        words = [word for word in one.told if word.recipient == who]
        assert [word.kind in CLOSING_KINDS for word in words] == [False] * (len(words) - 1) + [True]
        assert words[0].kind in (Kind.FIRST, Kind.ESCALATION)
        assert all(word.kind is Kind.REMINDER for word in words[1:-1])
        gaps = [later.at - sooner.at for sooner, later in pairwise(words[:-1])]
        assert all(gap >= MANNER.reminders / 2 for gap in gaps)
    risen = [word.at for word in one.told if word.kind is Kind.ESCALATION]
    assert all(at - one.opened_at >= MANNER.escalation for at in risen)


@given(st.integers(0, 60), st.sampled_from(CHAINS))
def test_at_most_one_word_is_due_to_one_person_about_one_camera(hours: int, own: Post) -> None:
    one = item(own, replace(own, unit="West"), told=(told(hours=0.25),))
    keys = [(said.recipient, said.mode) for said in sayings(one)]
    assert len(keys) == len(set(keys)), hours
