"""When a video says it was recorded, and how long it is: what MP4, MOV and AVI containers tell.

The parsers ask for small ranges, each behind the one before, and never touch the world: a copy that passes by can
feed them (`ContainerTime`), and so can a reader (`container_time`). Hostile input ends in None, after a bounded
number of ranges: no loop, no exception, no large read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

MAX_RANGES = 4096
"""Boxes looked at before a container counts as hostile."""
MAX_BYTES = 1 << 20
MAX_RANGE = 4096
EPOCH_1904 = datetime(1904, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Anything before is a clock that was never set."""


@dataclass(frozen=True, slots=True)
class Container:
    """What a container tells. None: it does not."""

    at: datetime | None = None
    """UTC."""
    duration: timedelta | None = None


NOTHING = Container()
Range = tuple[int, int]
Parser = Generator[Range, bytes, Container]
"""Yields (offset, length), is sent the bytes (fewer at the end of the file), returns the answer."""

_TOP_LEVEL = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid", b"styp", b"sidx", b"moof"}


def container_time(
    read: Callable[[int, int], bytes], size: int, local: tzinfo = UTC, movie: tzinfo = UTC
) -> Container:
    """What a container of `size` bytes tells, which `read(offset, length)` reaches."""
    found = ContainerTime(size, local, movie)
    while (wanted := found.wanted) is not None:
        found.answer(read(*wanted))
    return found.told


@dataclass(slots=True)
class ContainerTime:
    """A parse that is fed. `wanted` is the next range, None when done; `told` is then the answer.

    `local` is the zone of dates in AVI files, `movie` of the seconds in MP4 files: many cameras write local time
    without saying so."""

    size: int
    local: tzinfo = UTC
    movie: tzinfo = UTC
    told: Container = NOTHING
    wanted: Range | None = None
    _parser: Parser = field(init=False)
    _asked: int = 0
    _bytes: int = 0
    _held: bytes = b""

    def __post_init__(self) -> None:
        self._parser = _container(self.size, self.local, self.movie)
        self._go_on(None)

    def answer(self, data: bytes) -> None:
        """The bytes at `wanted`."""
        self._go_on(data)

    def pass_by(self, offset: int, block: memoryview) -> None:
        """Bytes of the file on their way past, in order and without gaps."""
        end = offset + len(block)
        while self.wanted is not None and self.wanted[0] + len(self._held) < end:
            start, length = self.wanted
            begin = start + len(self._held)
            if begin < offset:
                self._stop(NOTHING)  # it lies behind us: no forward parse of ours asks for that
                return
            piece = block[begin - offset : start + length - offset]
            self._held += bytes(piece)
            if len(self._held) < length:
                return
            held, self._held = self._held, b""
            self._go_on(held)

    def _go_on(self, data: bytes | None) -> None:
        try:
            start, length = self._parser.send(data) if data is not None else next(self._parser)
        except StopIteration as stop:
            self._stop(stop.value)
            return
        except (ValueError, OverflowError, IndexError):
            self._stop(NOTHING)
            return
        self._asked += 1
        self._bytes += length
        is_sane = 0 <= start < self.size and 0 < length <= MAX_RANGE
        if not is_sane or self._asked > MAX_RANGES or self._bytes > MAX_BYTES:
            self._stop(NOTHING)
            return
        self.wanted = (start, min(length, self.size - start))

    def _stop(self, told: Container) -> None:
        is_set = told.at is not None and told.at >= EARLIEST
        self.wanted, self.told = None, told if is_set else Container(None, told.duration)


def _container(size: int, local: tzinfo, movie: tzinfo) -> Parser:
    head = yield 0, 8
    if head[:4] == b"RIFF":
        return (yield from _riff(size, local))
    if head[4:8] in _TOP_LEVEL:
        moov = yield from _find(0, size, b"moov", head)
        return (yield from _movie(*moov, movie)) if moov else NOTHING
    return NOTHING


# --- MP4 and MOV -------------------------------------------------------------------------------------


def _find(start: int, end: int, kind: bytes, head: bytes | None = None) -> Generator[Range, bytes, Range | None]:
    """The content range of the first box of this kind between `start` and `end`."""
    while start + 8 <= end:
        head = head or (yield start, 8)
        length, name, content = int.from_bytes(head[:4]), head[4:8], start + 8
        head = None
        if length == 1:
            wide = yield content, 8
            length, content = int.from_bytes(wide), content + 8
        elif length == 0:
            length = end - start  # "to the end of the file"
        if length < content - start or len(name) < 4:
            return None
        if name == kind:
            return content, min(start + length, end)
        start += length
    return None


def _movie(start: int, end: int, zone: tzinfo) -> Parser:
    """The header of the movie; where its time is unset, the date that QuickTime cameras write beside it."""
    found = yield from _find(start, end, b"mvhd")
    if found is None:
        return NOTHING
    head = yield found[0], min(32, max(found[1] - found[0], 12))
    width = 8 if head[:1] == b"\x01" else 4
    duration = _movie_length(head, width)
    seconds = int.from_bytes(head[4 : 4 + width])
    if len(head) >= 12 and seconds:
        return Container((EPOCH_1904 + timedelta(seconds=seconds)).replace(tzinfo=zone).astimezone(UTC), duration)
    udta = yield from _find(found[1], end, b"udta")
    day = (yield from _find(*udta, b"\xa9day")) if udta else None
    if day is None or day[1] - day[0] <= 4:
        return Container(None, duration)
    text = yield day[0] + 4, min(day[1] - day[0] - 4, 64)
    return Container(_iso(text), duration)


def _movie_length(head: bytes, width: int) -> timedelta | None:
    """Creation and change take `width` bytes each, then the scale four, then the length `width` again. A file that is
    written in fragments, or not finished, has none."""
    scale = int.from_bytes(head[4 + 2 * width : 8 + 2 * width])
    length = int.from_bytes(head[8 + 2 * width : 8 + 3 * width])
    if len(head) < 8 + 3 * width or not scale or not length or length == (1 << 8 * width) - 1:
        return None
    try:
        return timedelta(seconds=length / scale)
    except OverflowError:
        return None


def _iso(text: bytes) -> datetime | None:
    at = datetime.fromisoformat(text.rstrip(b"\0 ").decode("ascii"))
    return at.astimezone(UTC) if at.tzinfo else None  # a date without a zone could be a day off


# --- AVI ------------------------------------------------------------------------------------------------

_MONTHS = {name: number for number, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_WEEKDAY_FIRST = re.compile(rb"^[a-z]{3}\s+([a-z]{3})\s+(\d{1,2})\s+(\d{1,2}):(\d{2}):(\d{2})\s+(\d{4})")
_NUMBERS = re.compile(rb"^(\d{4})[-/:. ](\d{1,2})[-/:. ](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2}):(\d{2}))?")


def _riff(size: int, local: tzinfo) -> Parser:
    """IDIT inside the header list, or ICRD in an INFO list. Lists are entered, all other chunks are skipped."""
    place, duration = 12, None
    while place + 8 <= size:
        head = yield place, 8
        name, length = head[:4], int.from_bytes(head[4:8], "little")
        if name == b"avih" and length >= 20:
            duration = _avi_length((yield place + 8, 20))
        if name in (b"IDIT", b"ICRD") and length:
            at = _camera_date((yield place + 8, min(length, 64)), local)
            if at is not None:
                return Container(at, duration)
        if name == b"LIST" and length >= 4 and (yield place + 8, 4) in (b"hdrl", b"INFO"):
            place += 12
        else:
            place += 8 + length + length % 2
    return Container(None, duration)


def _avi_length(head: bytes) -> timedelta | None:
    per_frame, frames = int.from_bytes(head[:4], "little"), int.from_bytes(head[16:20], "little")
    return timedelta(microseconds=per_frame * frames) if per_frame and frames else None


def _camera_date(text: bytes, local: tzinfo) -> datetime | None:
    text = text.lower().strip(b"\0\r\n ")
    if found := _WEEKDAY_FIRST.match(text):
        month, *rest = found.groups()
        day, hour, minute, second, year = (int(part) for part in rest)
        return datetime(year, _MONTHS.get(month, 0), day, hour, minute, second, tzinfo=local).astimezone(UTC)
    found = _NUMBERS.match(text)
    if found is None or found[4] is None:
        return None  # a day alone is no recording time
    year, number, day, hour, minute, second = (int(part) for part in found.groups())
    return datetime(year, number, day, hour, minute, second, tzinfo=local).astimezone(UTC)
