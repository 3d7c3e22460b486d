"""The parser of recording times meets anything: it ends soon, reads little, raises nothing, and never guesses."""

from __future__ import annotations

import time
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.adapters.profile_files import load_profiles
from agent.rules.container_time import (
    EARLIEST,
    MAX_BYTES,
    MAX_RANGE,
    MAX_RANGES,
    NOTHING,
    Container,
    ContainerTime,
    container_time,
)
from agent.rules.recording_time import EARLIEST as EARLIEST_FOOTAGE
from agent.rules.recording_time import Recorded, TimeRule, named_time, recorded
from tests.hostile.boxes import boxes, chunks
from tests.scale import IS_SOAK, amount

ZONE = ZoneInfo("America/Chicago")
TRIED = settings(max_examples=amount(ci=150, soak=20_000), deadline=None, derandomize=not IS_SOAK)


def looked_at(content: bytes, size: int) -> Container:
    """The time, with every range that was asked for checked against the promise."""
    asked: list[int] = []

    def read(offset: int, length: int) -> bytes:
        assert 0 <= offset < size
        assert 0 < length <= MAX_RANGE
        asked.append(length)
        return content[offset : offset + length]

    told = container_time(read, size, ZONE)
    at = told.at
    assert len(asked) <= MAX_RANGES
    assert sum(asked) <= MAX_BYTES
    assert at is None or (at >= EARLIEST and at.utcoffset() == UTC.utcoffset(None))
    return told


def passed_by(content: bytes, size: int, block: int) -> Container:
    found = ContainerTime(size, ZONE)
    for offset in range(0, len(content), block):
        found.pass_by(offset, memoryview(content)[offset : offset + block])
    return found.told


def both_ways(content: bytes, block: int, missing: int) -> None:
    """`missing`: bytes that the folder promised and the file does not have."""
    assert passed_by(content, len(content), block) == looked_at(content, len(content))
    looked_at(content, len(content) + missing)
    passed_by(content, len(content) + missing, block)


@pytest.mark.soak
@TRIED
@given(st.binary(max_size=400), st.integers(1, 500), st.integers(0, 2**40))
def test_any_bytes(content: bytes, block: int, missing: int) -> None:
    both_ways(content, block, missing)
    both_ways(b"\0\0\0\x10ftyp" + content, block, missing)


@pytest.mark.soak
@TRIED
@given(boxes(), st.integers(1, 500), st.integers(0, 2**40))
def test_any_tree_of_boxes_whatever_lengths_they_claim(content: bytes, block: int, missing: int) -> None:
    both_ways(content, block, missing)


@pytest.mark.soak
@TRIED
@given(chunks(), st.integers(1, 500), st.integers(0, 2**40))
def test_any_tree_of_chunks_whatever_lengths_they_claim(content: bytes, block: int, missing: int) -> None:
    both_ways(content, block, missing)


@pytest.mark.parametrize("size", [2**31, 2**32 - 1, 2**32, 2**63, 2**64])
def test_a_file_of_any_claimed_size_costs_no_more_than_any_other(size: int) -> None:
    """Boxes of eight bytes without end, as a hole of zeros and as a row of empty `free` boxes look."""
    for filler in (bytes(8), b"\0\0\0\x08free", b"\0\0\0\x01free\0\0\0\0\0\0\0\x10", b"LIST\x04\0\0\0hdrl"):
        head = b"RIFF\0\0\0\0AVI " if filler.startswith(b"LIST") else b"\0\0\0\x08ftyp"
        asked: list[int] = []

        def read(
            offset: int, length: int, head: bytes = head, filler: bytes = filler, asked: list[int] = asked
        ) -> bytes:
            asked.append(length)
            whole = head[offset : offset + length]
            skip = (offset - len(head)) % len(filler) if offset >= len(head) else 0
            return (whole + (filler * (length // len(filler) + 2))[skip:])[:length]

        assert container_time(read, size).at is None
        assert len(asked) <= MAX_RANGES


def shipped_patterns() -> list[str]:
    return [pattern for profile in load_profiles() for pattern in profile.time.name_patterns]


@pytest.mark.soak
@TRIED
@given(
    st.one_of(st.binary(max_size=255), st.from_regex(rb"[A-Z]{0,6}_?[0-9]{4,30}[-_]?[0-9]{0,20}\.MP4\Z")),
    st.integers(),
)
def test_any_name_and_any_file_time_yield_a_time_or_nothing(name: bytes, mtime_ns: int) -> None:
    patterns = tuple(shipped_patterns())
    for zone in ("America/Chicago", "Pacific/Kiritimati", "UTC"):
        told = recorded(TimeRule(name_patterns=patterns, name_zone=zone, mtime_zone=zone), NOTHING, name, mtime_ns)
        assert (told.at is None) == (told.source == "")
        assert told.at is None or told.at >= EARLIEST_FOOTAGE


@pytest.mark.parametrize("fill", [b"0", b"_", b"A", b"2026", b"/", "٣".encode()])
def test_no_shipped_pattern_takes_long_over_a_hostile_name(fill: bytes) -> None:
    assert shipped_patterns()
    started = time.process_time()
    for pattern in shipped_patterns():
        named_time(b"DCIM/" + fill * (8000 // len(fill)) + b".MP4", (pattern,), UTC)
    assert time.process_time() - started < 5


def test_a_year_before_there_were_such_cameras_is_a_clock_that_was_never_set() -> None:
    pattern = r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
    rule = TimeRule(("name", "mtime"), (pattern,))
    for name in (b"19700101.MP4", b"19800101.MP4"):
        for unset_ns in (5_000_000_000, 315_532_800 * 10**9):  # FAT's own zero is 1980-01-01
            assert recorded(rule, NOTHING, name, unset_ns) == Recorded()
