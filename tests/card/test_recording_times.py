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

from agent.rules.container_time import EPOCH_1904, MAX_BYTES, NOTHING, Container, ContainerTime, container_time
from agent.rules.footage import StageVerdict
from agent.rules.recording_time import EARLIEST, TimeRule, file_time, named_time, recorded, zone_named
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
    return found.told.at


@each_container
def test_a_container_tells_when_it_was_recorded(content: bytes, at: datetime | None) -> None:
    assert container_time(reader_of(content, []), len(content), CHICAGO).at == at


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
    assert container_time(reader_of(content, asked), len(content)).at is None
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
            at = container_time(reader_of(bytes(damaged), asked), len(damaged), CHICAGO).at
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
    told = container_time(reader_of(content, []), len(content))
    assert told.at == AT
    assert told.duration == (None if fragments else timedelta(seconds=1))


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


@pytest.mark.parametrize("name", ["Kansas/Nowhere", "../../etc/passwd", "UTC+25", "UTC-6:75", ""])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone_named(name)


@pytest.mark.parametrize(
    ("zone", "summer", "winter"),
    [("America/Chicago", 5, 6), ("UTC-06:00", 6, 6), ("UTC+5:30", -5.5, -5.5), ("UTC", 0, 0)],
)
def test_a_camera_that_follows_summer_time_and_one_that_does_not(zone: str, summer: float, winter: float) -> None:
    name = b"_20260722080503_", b"_20261122080503_"
    for path, hours in zip(name, (summer, winter), strict=True):
        told = recorded(TimeRule(("name",), (PATTERN,), name_zone=zone), NOTHING, path, 0)
        month = 7 if b"0722" in path else 11
        assert told.at == datetime(2026, month, 22, 8, 5, 3, tzinfo=UTC) + timedelta(hours=hours)


def test_the_hour_that_comes_twice_is_the_first() -> None:
    told = recorded(TimeRule(("name",), (PATTERN,), "America/Chicago"), NOTHING, b"_20261101013000_", 0)
    assert told.at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_the_digits_of_a_fat_are_read_in_the_cameras_zone() -> None:
    """A FAT mounted with tz=UTC shows 08:05:03 for a file that the camera closed at 08:05:03 its time."""
    shown_ns = 1_795_334_703_000_000_000
    assert recorded(TimeRule(("mtime",)), NOTHING, b"x", shown_ns).at == AT - timedelta(hours=6)
    assert recorded(TimeRule(("mtime",), mtime_zone="America/Chicago"), NOTHING, b"x", shown_ns).at == AT
    assert recorded(TimeRule(("mtime",), mtime_zone="station").in_zone("UTC-06:00"), NOTHING, b"x", shown_ns).at == AT


def test_mp4_seconds_are_read_in_the_zone_that_the_profile_says() -> None:
    content = FTYP + box(b"moov", mvhd(AT - timedelta(hours=6)))
    rule = TimeRule(container_zone="America/Chicago")
    told = container_time(reader_of(content, []), len(content), rule.avi_zone, rule.movie_zone)
    assert told.at == AT


def test_an_end_stamped_file_began_as_long_before_as_its_container_is_long() -> None:
    long = Container(None, timedelta(minutes=3, milliseconds=250))
    end_ns = 1_795_356_303_500_000_000
    rule = TimeRule(("container", "mtime"), mtime_marks="end")
    told = recorded(rule, long, b"x", end_ns)
    assert (told.at, told.source) == (
        AT + timedelta(milliseconds=500) - timedelta(minutes=3, milliseconds=250),
        "mtime",
    )
    assert told.until == AT + timedelta(milliseconds=500), "parts of a second are kept"


def test_a_name_may_tell_parts_of_a_second() -> None:
    pattern = PATTERN + r"(?P<fraction>\d{3})"
    told = recorded(TimeRule(("name",), (pattern,)), NOTHING, b"_20261122140503_250", 0)
    assert told.at == AT + timedelta(milliseconds=250)


@pytest.mark.parametrize(
    "at",
    [
        datetime(1904, 1, 1, 0, 0, 1, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1980, 1, 6, tzinfo=UTC),
        datetime(2000, 1, 1, 0, 7, tzinfo=UTC),
        EARLIEST - timedelta(seconds=1),
        datetime(2036, 2, 7, 6, 28, 16, tzinfo=UTC),
        AT + timedelta(days=2),
    ],
)
def test_an_impossible_time_is_refused_and_the_next_source_asked(at: datetime) -> None:
    limit = AT + timedelta(days=1)
    assert recorded(TimeRule(), Container(at), b"x", 0, limit).at is None
    told = recorded(TimeRule(), Container(at), b"x", 1_795_356_303_000_000_000, limit)
    assert (told.at, told.source) == (AT, "mtime")


def test_a_station_whose_clock_is_in_doubt_condemns_no_time_for_being_late() -> None:
    assert recorded(TimeRule(), Container(AT + timedelta(days=400)), b"x", 0).source == "container"


def test_a_file_time_beyond_the_calendar_is_unknown() -> None:
    assert file_time(10**30) is None
    assert file_time(1_795_356_303_000_000_000) == AT
    for never_set in (0, -1):
        assert recorded(TimeRule(("mtime",)), NOTHING, b"x", never_set).at is None


def test_the_sources_are_asked_in_the_profiles_order() -> None:
    path, mtime_ns = b"BWC0412_20261122140503_0001.MP4", 1_795_356_303_000_000_000
    later = Container(AT + timedelta(hours=1))

    def told(container: Container, path: bytes, *sources: str) -> tuple[datetime | None, str]:
        found = recorded(TimeRule(sources, (PATTERN,)), container, path, mtime_ns)
        return found.at, found.source

    everything = ("container", "name", "mtime")
    assert told(later, path, *everything) == (later.at, "container")
    assert told(NOTHING, path, *everything) == (AT, "name")
    assert told(NOTHING, b"x", *everything) == (AT, "mtime")
    assert told(later, path, "mtime", "container") == (AT, "mtime")
    assert told(NOTHING, path, "container") == (None, "")
    assert told(NOTHING, path, "horoscope") == (None, "")


@pytest.mark.parametrize(
    ("version", "scale", "length", "seconds"),
    [(0, 1000, 61_500, 61.5), (1, 90_000, 90_000 * 7200, 7200.0), (0, 0, 5, None), (0, 1000, 0, None)],
)
def test_a_movie_tells_how_long_it_is(version: int, scale: int, length: int, seconds: float | None) -> None:
    width = 8 if version else 4
    created = int((AT - EPOCH_1904).total_seconds()).to_bytes(width)
    head = bytes([version, 0, 0, 0]) + created + created + scale.to_bytes(4) + length.to_bytes(width)
    content = FTYP + box(b"moov", box(b"mvhd", head + bytes(80)))
    told = container_time(reader_of(content, []), len(content))
    assert told == Container(AT, None if seconds is None else timedelta(seconds=seconds))


def test_an_avi_tells_how_long_it_is() -> None:
    frames = (33_333).to_bytes(4, "little") + bytes(12) + (900).to_bytes(4, "little") + bytes(36)
    content = avi(chunk(b"LIST", b"hdrl" + chunk(b"avih", frames) + chunk(b"IDIT", b"2026:11:22 08:05:03")))
    assert container_time(reader_of(content, []), len(content), CHICAGO) == Container(
        AT, timedelta(microseconds=33_333 * 900)
    )


def test_a_recording_of_more_than_a_day_has_a_broken_header_and_no_end() -> None:
    assert recorded(TimeRule(), Container(AT, timedelta(hours=25)), b"x", 0).until is None


def test_a_staged_clip_carries_the_time_of_its_container(dock: Dock) -> None:
    content = FTYP + box(b"mdat", os.urandom(3_000_000)) + box(b"moov", mvhd(AT))
    outcome = dock.staged(order_for(dock.write("clip.mp4", content)))
    assert (outcome.verdict, outcome.recorded_at, outcome.recorded_source) == (StageVerdict.STAGED, AT, "container")
