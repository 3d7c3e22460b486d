"""When footage was recorded: read from real containers and names, and unharmed by hostile ones."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.rules.container_time import EPOCH_1904, MAX_BYTES, ContainerTime, container_time
from agent.rules.footage import StageVerdict
from agent.rules.recording_time import file_time, named_time, recording_time, zone_named
from tests.card.conftest import Dock, order_for

AT = datetime(2026, 11, 22, 14, 5, 3, tzinfo=UTC)
CHICAGO = ZoneInfo("America/Chicago")
PATTERN = r"_(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)_"


def box(kind: bytes, content: bytes = b"", *, wide: bool = False) -> bytes:
    if wide:
        return (1).to_bytes(4) + kind + (len(content) + 16).to_bytes(8) + content
    return (len(content) + 8).to_bytes(4) + kind + content


def mvhd(at: datetime | None, version: int = 0) -> bytes:
    seconds = int((at - EPOCH_1904).total_seconds()) if at else 0
    return box(b"mvhd", bytes([version, 0, 0, 0]) + seconds.to_bytes(8 if version else 4) + bytes(88))


def chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)


def avi(*chunks: bytes) -> bytes:
    return chunk(b"RIFF", b"AVI " + b"".join(chunks))


FTYP = box(b"ftyp", b"isom\0\0\0\0")
CONTAINERS: dict[str, tuple[bytes, datetime | None]] = {
    "mvhd of 32 bits": (FTYP + box(b"moov", mvhd(AT)), AT),
    "mvhd of 64 bits": (FTYP + box(b"moov", mvhd(AT, version=1)), AT),
    "moov behind the media": (FTYP + box(b"mdat", os.urandom(300_000)) + box(b"moov", mvhd(AT)), AT),
    "media of 64 bits": (FTYP + box(b"mdat", b"x" * 100, wide=True) + box(b"moov", mvhd(AT)), AT),
    "moov to the end of the file": (FTYP + (0).to_bytes(4) + b"moov" + mvhd(AT), AT),
    "no ftyp, as old cameras write": (box(b"mdat", b"x" * 9) + box(b"moov", mvhd(AT)), AT),
    "mvhd is not the first": (FTYP + box(b"moov", box(b"free", b"x" * 99) + mvhd(AT)), AT),
    "a clock that was never set": (FTYP + box(b"moov", mvhd(None)), None),
    "a clock that stood at 1970": (FTYP + box(b"moov", mvhd(datetime(1970, 1, 1, 1, tzinfo=UTC))), None),
    "a time beyond the calendar": (
        FTYP + box(b"moov", box(b"mvhd", b"\1\0\0\0" + b"\xff" * 8 + bytes(88))),
        None,
    ),
    "the date beside an unset clock": (
        FTYP + box(b"moov", mvhd(None) + box(b"udta", box(b"\xa9day", b"\0\x18\x15\xc72026-11-22T14:05:03+00:00"))),
        AT,
    ),
    "half-written, without moov": (FTYP + box(b"mdat", b"x" * 5000)[:3000], None),
    "avi": (avi(chunk(b"LIST", b"hdrl" + chunk(b"IDIT", b"Sun Nov 22 08:05:03 2026\n\0"))), AT),
    "avi with numbers": (
        avi(chunk(b"LIST", b"hdrl" + chunk(b"avih", bytes(56)) + chunk(b"IDIT", b"2026:11:22 08:05:03"))),
        AT,
    ),
    "avi with the date behind the media": (
        avi(chunk(b"LIST", b"movi" + b"x" * 5001), chunk(b"LIST", b"INFO" + chunk(b"ICRD", b"2026-11-22 08:05:03"))),
        AT,
    ),
    "avi with a day alone": (avi(chunk(b"LIST", b"INFO" + chunk(b"ICRD", b"2026-11-22"))), None),
    "no container": (b"GPS,41.88,-87.63\n" * 100, None),
    "empty": (b"", None),
    "one byte": (b"\0", None),
}
each_container = pytest.mark.parametrize(("content", "at"), CONTAINERS.values(), ids=CONTAINERS.keys())


def reader_of(content: bytes, asked: list[int]) -> Callable[[int, int], bytes]:
    def read(offset: int, length: int) -> bytes:
        asked.append(length)
        return content[offset : offset + length]

    return read


def passed_by(content: bytes, block: int) -> datetime | None:
    found = ContainerTime(len(content), CHICAGO)
    for offset in range(0, len(content), block):
        found.pass_by(offset, memoryview(content)[offset : offset + block])
    return found.at


@each_container
def test_a_container_tells_when_it_was_recorded(content: bytes, at: datetime | None) -> None:
    assert container_time(reader_of(content, []), len(content), CHICAGO) == at


@each_container
@pytest.mark.parametrize("block", [13, 4096, 1 << 20])
def test_the_same_is_read_from_bytes_that_pass_by(content: bytes, at: datetime | None, block: int) -> None:
    assert passed_by(content, block) == at


@pytest.mark.parametrize(
    "content",
    [
        FTYP + box(b"moov"),
        FTYP + (0).to_bytes(4) + b"free",
        FTYP + (4).to_bytes(4) + b"moov" + bytes(100),
        FTYP + (1).to_bytes(4) + b"moov" + (0).to_bytes(8) + bytes(100),
        FTYP + (1).to_bytes(4) + b"mdat" + b"\xff" * 8 + bytes(100),
        FTYP + box(b"free") * 100_000,
        FTYP + box(b"moov", box(b"free") * 100_000),
        avi(chunk(b"LIST", b"hdrl") * 100_000),
        avi(b"LIST" + b"\xff\xff\xff\xff" + b"hdrl" + b"IDIT" + b"\xff\xff\xff\xff" + b"x" * 100),
        avi(chunk(b"LIST", b"hdrl" + chunk(b"IDIT", b"Sun Foo 99 99:99:99 9999"))),
        FTYP + box(b"moov", mvhd(None) + box(b"udta", box(b"\xa9day", b"\0\x18\x15\xc7" + b"\xff" * 70))),
    ],
)
def test_a_hostile_container_ends_soon_and_tells_nothing(content: bytes) -> None:
    asked: list[int] = []
    assert container_time(reader_of(content, asked), len(content)) is None
    assert sum(asked) <= MAX_BYTES
    assert len(asked) <= 4096
    assert passed_by(content, 1 << 20) is None


def test_damaged_containers_never_raise_and_both_ways_of_reading_agree() -> None:
    chance = random.Random(7)
    for content, _ in CONTAINERS.values():
        for _ in range(60):
            damaged = bytearray(content[:20_000])
            for _ in range(chance.randrange(1, 8)):
                if damaged:
                    damaged[chance.randrange(min(len(damaged), 200))] = chance.choice([0, 1, 8, 0x7F, 0xFF])
            del damaged[chance.randrange(len(damaged) + 1) :]
            asked: list[int] = []
            at = container_time(reader_of(bytes(damaged), asked), len(damaged), CHICAGO)
            assert sum(asked) <= MAX_BYTES
            assert passed_by(bytes(damaged), 997) == at


@pytest.mark.part("ffprobe")
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov", "fragmented.mp4"])
def test_what_a_real_encoder_wrote_is_read_as_it_was_given(tmp_path: Path, name: str) -> None:
    movie = tmp_path / name
    fragments = ["-movflags", "frag_keyframe+empty_moov"] if name.startswith("fragmented") else []
    source = ["-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=5", "-c:v", "mpeg4"]
    subprocess.run(
        ["ffmpeg", "-v", "error", *source, "-metadata", "creation_time=2026-11-22T14:05:03Z", *fragments, str(movie)],
        check=True,
    )
    content = movie.read_bytes()
    assert container_time(reader_of(content, []), len(content)) == AT


# --- names, times, and the order of the sources ------------------------------------------------------


def test_a_name_is_read_in_the_cameras_own_zone() -> None:
    assert named_time(b"DCIM/BWC0412_20261122080503_0001.MP4", (PATTERN,), CHICAGO) == AT
    assert named_time(b"DCIM/BWC0412_20260722080503_0001.MP4", (PATTERN,), CHICAGO) == datetime(
        2026, 7, 22, 13, 5, 3, tzinfo=UTC
    )


def test_a_name_that_is_no_date_says_nothing() -> None:
    assert named_time(b"BWC0412_20260231080503_0001.MP4", (PATTERN,), UTC) is None
    assert named_time(b"MOVI0001.AVI", (PATTERN,), UTC) is None
    assert named_time(b"20261122140503", ("(unclosed",), UTC) is None
    assert named_time(b"\xff_99999999999999_", (PATTERN,), UTC) is None


def test_the_first_pattern_that_yields_a_date_counts() -> None:
    patterns = (r"(?P<year>\d{4})x", PATTERN)
    assert named_time(b"9999x_20261122140503_1.MP4", patterns, UTC) == AT


def test_an_unknown_zone_is_utc() -> None:
    assert zone_named("Kansas/Nowhere") is UTC
    assert zone_named("../../etc/passwd") is UTC


def test_a_file_time_of_zero_or_beyond_the_calendar_is_unknown() -> None:
    assert file_time(0) is None
    assert file_time(-1) is None
    assert file_time(10**30) is None
    assert file_time(1_795_356_303_000_000_000) == datetime(2026, 11, 22, 14, 5, 3, tzinfo=UTC)


def test_the_sources_are_asked_in_the_profiles_order() -> None:
    path, mtime_ns = b"BWC0412_20261122140503_0001.MP4", 1_795_356_303_000_000_000
    later = AT + timedelta(hours=1)
    everything = ("container", "name", "mtime")
    assert recording_time(everything, later, path, mtime_ns, (PATTERN,)) == (later, "container")
    assert recording_time(everything, None, path, mtime_ns, (PATTERN,)) == (AT, "name")
    assert recording_time(everything, None, b"x", mtime_ns, (PATTERN,)) == (AT, "mtime")
    assert recording_time(("mtime", "container"), later, path, mtime_ns) == (AT, "mtime")
    assert recording_time(("container",), None, path, mtime_ns) == (None, "")
    assert recording_time(("horoscope",), None, path, mtime_ns) == (None, "")


def test_a_staged_clip_carries_the_time_of_its_container(dock: Dock) -> None:
    content = FTYP + box(b"mdat", os.urandom(3_000_000)) + box(b"moov", mvhd(AT))
    outcome = dock.staged(order_for(dock.write("clip.mp4", content)))
    assert (outcome.verdict, outcome.recorded_at, outcome.recorded_source) == (StageVerdict.STAGED, AT, "container")
