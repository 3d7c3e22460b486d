"""When a video says it was recorded: the creation time inside MP4, MOV and AVI containers.

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

Range = tuple[int, int]
Parser = Generator[Range, bytes, datetime | None]
"""Yields (offset, length), is sent the bytes (fewer at the end of the file), returns the answer."""

_TOP_LEVEL = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid", b"styp", b"sidx", b"moof"}


def container_time(read: Callable[[int, int], bytes], size: int, local: tzinfo = UTC) -> datetime | None:
    """The creation time in a container of `size` bytes that `read(offset, length)` reaches; None if unknown."""
    found = ContainerTime(size, local)
    while (wanted := found.wanted) is not None:
        found.answer(read(*wanted))
    return found.at


@dataclass(slots=True)
class ContainerTime:
    """A parse that is fed. `wanted` is the next range, None when done; `at` is then the answer.

    `local` is the zone of cameras that write local time without saying so (AVI)."""

    size: int
    local: tzinfo = UTC
    at: datetime | None = None
    wanted: Range | None = None
    _parser: Parser = field(init=False)
    _asked: int = 0
    _bytes: int = 0
    _held: bytes = b""

    def __post_init__(self) -> None:
        self._parser = _container(self.size, self.local)
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
                self._stop(None)  # it lies behind us: no forward parse of ours asks for that
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
            self._stop(None)
            return
        self._asked += 1
        self._bytes += length
        is_sane = 0 <= start < self.size and 0 < length <= MAX_RANGE
        if not is_sane or self._asked > MAX_RANGES or self._bytes > MAX_BYTES:
            self._stop(None)
            return
        self.wanted = (start, min(length, self.size - start))

    def _stop(self, at: datetime | None) -> None:
        self.wanted, self.at = None, at if at is not None and at >= EARLIEST else None


def _container(size: int, local: tzinfo) -> Parser:
    head = yield 0, 8
    if head[:4] == b"RIFF":
        return (yield from _riff(size, local))
    if head[4:8] in _TOP_LEVEL:
        moov = yield from _find(0, size, b"moov", head)
        return (yield from _movie(*moov)) if moov else None
    return None


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


def _movie(start: int, end: int) -> Parser:
    """The header of the movie; where its time is unset, the date that QuickTime cameras write beside it."""
    found = yield from _find(start, end, b"mvhd")
    if found is None:
        return None
    head = yield found[0], 12
    width = 8 if head[:1] == b"\x01" else 4
    seconds = int.from_bytes(head[4 : 4 + width])
    if len(head) == 12 and seconds:
        return EPOCH_1904 + timedelta(seconds=seconds)
    udta = yield from _find(found[1], end, b"udta")
    day = (yield from _find(*udta, b"\xa9day")) if udta else None
    if day is None or day[1] - day[0] <= 4:
        return None
    text = yield day[0] + 4, min(day[1] - day[0] - 4, 64)
    return _iso(text)


def _iso(text: bytes) -> datetime | None:
    at = datetime.fromisoformat(text.rstrip(b"\0 ").decode("ascii"))
    return at.astimezone(UTC) if at.tzinfo else None  # a date without a zone could be a day off


# --- AVI ------------------------------------------------------------------------------------------------

_MONTHS = {name: number for number, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_WEEKDAY_FIRST = re.compile(rb"^[a-z]{3}\s+([a-z]{3})\s+(\d{1,2})\s+(\d{1,2}):(\d{2}):(\d{2})\s+(\d{4})")
_NUMBERS = re.compile(rb"^(\d{4})[-/:. ](\d{1,2})[-/:. ](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2}):(\d{2}))?")


def _riff(size: int, local: tzinfo) -> Parser:
    """IDIT inside the header list, or ICRD in an INFO list. Lists are entered, all other chunks are skipped."""
    place = 12
    while place + 8 <= size:
        head = yield place, 8
        name, length = head[:4], int.from_bytes(head[4:8], "little")
        if name in (b"IDIT", b"ICRD") and length:
            at = _camera_date((yield place + 8, min(length, 64)), local)
            if at is not None:
                return at
        if name == b"LIST" and length >= 4 and (yield place + 8, 4) in (b"hdrl", b"INFO"):
            place += 12
        else:
            place += 8 + length + length % 2
    return None


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
