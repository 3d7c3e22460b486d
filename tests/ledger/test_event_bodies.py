"""Each change leaves exactly one event, named after it."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any, get_type_hints
from uuid import UUID, uuid4

import pytest

from agent.ledger.event_bodies import WITHOUT_EVENT, event_of
from agent.rules import changes as c
from agent.rules.custody import born
from agent.rules.footage import FileKind, Instant, Receipt
from agent.rules.watching import Unwatched
from protocol.events import UnwatchedSpan, decode_body, encode_body
from tests.ledger.story import at, found, receipt

CONCRETE = [
    kind
    for kind in vars(c).values()
    if isinstance(kind, type) and issubclass(kind, c.Change) and kind not in (c.Change, c.AssetChange)
]

NAMED_OTHERWISE = {c.CardTroubled: "bay_trouble", c.AssetRecovered: "asset_staged"}

SAMPLES: dict[object, object] = {
    str: "f" * 64,
    int: 3,
    bool: True,
    bytes: b"\xff/x",
    datetime: at(1).wall,
    datetime | None: at(1).wall,
    UUID: UUID(int=7),
    UUID | None: UUID(int=7),
    float: 1.5,
    float | None: 1.5,
    int | None: 3,
    Instant: at(1),
    FileKind: FileKind.VIDEO,
    tuple[str, ...]: ("usb", "folder"),
    tuple[Unwatched, ...]: (Unwatched("usb", "1-1", "over_current", at(1).wall, at(2).wall),),
    dict[str, str]: {"usb_serial": "1"},
}


def sample(kind: type[c.Change]) -> c.Change:
    hints = get_type_hints(kind)
    values: dict[str, Any] = {
        field.name: receipt(UUID(int=7), b"abc") if hints[field.name] is Receipt else SAMPLES[hints[field.name]]
        for field in fields(kind)
    }
    return kind(**values)


@pytest.mark.parametrize("kind", CONCRETE, ids=lambda kind: kind.__name__)
def test_every_change_leaves_its_event_or_is_state_only(kind: type[c.Change]) -> None:
    change = sample(kind)
    before = replace(born(found(UUID(int=7), uuid4())), upload_attempt=3)
    after = replace(before, receipt=receipt(UUID(int=7), b"abc"), erased_at=at(2).wall)
    event = event_of(change, before, after)
    if kind in WITHOUT_EVENT:
        assert event is None
        return
    assert event is not None
    expected = NAMED_OTHERWISE.get(kind) or re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
    assert event.__struct_config__.tag == expected
    assert decode_body(encode_body(event)) == event
    for field in fields(change):
        told = getattr(event, field.name, None)
        if told is not None and not is_dataclass(told) and field.name not in ("at", "path"):
            assert plain(told) == plain(getattr(change, field.name))


def plain(value: Any) -> Any:
    """The same for what stands in a change and in its event."""
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Unwatched | UnwatchedSpan):
        return value.source, value.bay, value.reason, value.since, value.until
    return value


def test_there_are_as_many_kinds_as_the_room_of_changes_has() -> None:
    assert len(CONCRETE) > 30
    assert set(WITHOUT_EVENT) <= set(CONCRETE)


def test_the_clock_is_told_as_it_was_read() -> None:
    event = event_of(c.LedgerOpened(at=at(5), reason="new"))
    assert event is not None
    reading = decode_body(encode_body(event)).at
    assert (reading.wall, reading.monotonic_ns, reading.boot_id) == (at(5).wall, 5_000_000_000, at().boot_id)
    assert (reading.offset_ms, reading.uncertainty_ms) == (12.5, 3.0)


def test_a_path_travels_as_raw_bytes_and_is_shown_to_people() -> None:
    change = c.FileRefused(at=at(), session=uuid4(), path=b"a\xff\n", reason="symlink")
    event: Any = event_of(change)
    assert (event.path, event.path_b64) == ("a�\n", "Yf8K")


def test_a_change_that_nobody_taught_us_is_an_error_not_silence() -> None:
    class Unheard(c.Change):
        pass

    with pytest.raises(TypeError, match="Unheard"):
        event_of(Unheard(at=at()))


def test_a_listing_tells_the_room_of_the_card() -> None:
    told = sample(c.CardListed)
    event = event_of(replace(told, card_size_bytes=64, card_free_bytes=7), None, None)
    assert (event.card_size_bytes, event.card_free_bytes) == (64, 7)  # type: ignore[union-attr]
