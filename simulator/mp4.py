"""An MP4 file of exactly the size that was asked for: `ftyp`, `mdat` (pictures, then noise), `moov` at the end.

As in a real camera the index comes last, so a clip that was cut short has none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from simulator.h264 import FPS, HEIGHT_MB, WIDTH_MB, picture_parameters, sequence_parameters

_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_TIMESCALE = 1000
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
INDEX_ROOM = 1024
"""Bytes that `head` and `index` take at most, beside the framing of each picture."""


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def head(mdat_payload: int | None) -> bytes:
    """`ftyp` and the header of `mdat`; with None the length is left open, as in a file still being written."""
    ftyp = _box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2avc1mp41")
    # The 64-bit form always: one layout, also beyond 4 GiB.
    if mdat_payload is None:
        return ftyp + struct.pack(">I4sQ", 1, b"mdat", 0)
    return ftyp + struct.pack(">I4sQ", 1, b"mdat", 16 + mdat_payload)


HEAD_SIZE = len(head(None))


def index(started_at: datetime, picture_sizes: Sequence[int], key_pictures: Sequence[int]) -> bytes:
    """`moov`: when it was recorded, and where each picture is. Key pictures are numbered from 1."""
    created = int((started_at - _EPOCH).total_seconds())
    duration = len(picture_sizes) * _TIMESCALE // FPS
    mvhd = struct.pack(">IIIIIIHHQ", 0, created, created, _TIMESCALE, duration, 0x10000, 0x0100, 0, 0)
    width, height = 16 * WIDTH_MB, 16 * HEIGHT_MB
    tkhd = struct.pack(">IIIIIIQHHHH", 3, created, created, 1, 0, duration, 0, 0, 0, 0, 0)
    mdhd = struct.pack(">IIIIIHH", 0, created, created, _TIMESCALE, duration, 0x55C4, 0)
    media = _box(
        b"minf",
        _box(b"vmhd", struct.pack(">IQ", 1, 0)),
        _box(b"dinf", _box(b"dref", struct.pack(">II", 0, 1), _box(b"url ", struct.pack(">I", 1)))),
        _sample_table(picture_sizes, key_pictures, width, height),
    )
    track = _box(
        b"trak",
        _box(b"tkhd", tkhd, _MATRIX, struct.pack(">II", width << 16, height << 16)),
        _box(
            b"mdia",
            _box(b"mdhd", mdhd),
            _box(b"hdlr", struct.pack(">II4s12s", 0, 0, b"vide", b""), b"camera\0"),
            media,
        ),
    )
    return _box(b"moov", _box(b"mvhd", mvhd, _MATRIX, bytes(24), struct.pack(">I", 2)), track)


def _sample_table(sizes: Sequence[int], keys: Sequence[int], width: int, height: int) -> bytes:
    sps, pps = sequence_parameters(), picture_parameters()
    config = bytes([1, *sps[1:4], 0xFF, 0xE1]) + struct.pack(">H", len(sps)) + sps
    config += bytes([1]) + struct.pack(">H", len(pps)) + pps
    entry = struct.pack(">6xH16xHHIIIH32sHh", 1, width, height, 0x480000, 0x480000, 0, 1, b"", 24, -1)
    return _box(
        b"stbl",
        _box(b"stsd", struct.pack(">II", 0, 1), _box(b"avc1", entry, _box(b"avcC", config))),
        _box(b"stts", struct.pack(">IIII", 0, 1, len(sizes), _TIMESCALE // FPS)),
        _box(b"stss", struct.pack(f">II{len(keys)}I", 0, len(keys), *keys)),
        _box(b"stsc", struct.pack(">IIIII", 0, 1, 1, len(sizes), 1)),
        _box(b"stsz", struct.pack(f">III{len(sizes)}I", 0, 0, len(sizes), *sizes)),
        _box(b"stco", struct.pack(">III", 0, 1, HEAD_SIZE)),
    )


@dataclass(frozen=True, slots=True)
class Pictures:
    """The coded pictures of one clip, framed as MP4 wants them."""

    data: bytes
    sizes: tuple[int, ...]
    keys: tuple[int, ...]


def framed(pictures: Iterator[bytes]) -> Pictures:
    data = bytearray()
    sizes: list[int] = []
    keys: list[int] = []
    for number, picture in enumerate(pictures, 1):
        data += struct.pack(">I", len(picture)) + picture
        sizes.append(4 + len(picture))
        if picture[0] & 31 == 5:
            keys.append(number)
    return Pictures(bytes(data), tuple(sizes), tuple(keys))
