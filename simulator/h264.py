"""A very small H.264 encoder: pictures that every player shows, from the standard library alone.

A macroblock is coded in one of three ways: skipped (as in the picture before), predicted from the left or
from above without any residual, or as plain samples (I_PCM). That is no compression worth the name, but it is
a legal Baseline stream, and a picture in which little moves costs little.
"""

from __future__ import annotations

import re

WIDTH_MB, HEIGHT_MB = 20, 12
"""320 x 192 luma samples."""
MB_COUNT = WIDTH_MB * HEIGHT_MB
FPS = 10

Macroblock = bytes
"""256 luma, 64 Cb, 64 Cr samples. No sample is below 1, so that plain samples need no escaping."""

GREY: Macroblock = bytes([128]) * 384

_I_PCM, _FROM_ABOVE, _FROM_LEFT, _MEAN = 25, 1, 2, 3
_CHROMA_MODE = {_FROM_ABOVE: 2, _FROM_LEFT: 1, _MEAN: 0}


class _Bits:
    """Bits, most significant first, collected in one growing buffer."""

    def __init__(self) -> None:
        self._done = bytearray()
        self._value = 0
        self._count = 0

    def put(self, value: int, width: int) -> None:
        self._value = self._value << width | value
        self._count += width
        if self._count >= 64:
            self._spill()

    def _spill(self) -> None:
        whole, rest = divmod(self._count, 8)
        self._done += (self._value >> rest).to_bytes(whole, "big")
        self._value &= (1 << rest) - 1
        self._count = rest

    def ue(self, number: int) -> None:
        """Exp-Golomb, unsigned. The one signed value we ever write is 0, which is the same bit."""
        self.put(number + 1, 2 * (number + 1).bit_length() - 1)

    def plain(self, samples: bytes) -> None:
        self.put(0, -self._count % 8)
        self._spill()
        self._done += samples

    def ended(self) -> bytes:
        self.put(1, 1)
        self.put(0, -self._count % 8)
        self._spill()
        return bytes(self._done)


def _nal(header: int, payload: bytes) -> bytes:
    """One unit, with the bytes that would look like a start code escaped."""
    return bytes([header]) + re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", payload)


def sequence_parameters() -> bytes:
    bits = _Bits()
    bits.put(66, 8)  # Baseline
    bits.put(0b1100_0000, 8)  # constrained
    bits.put(30, 8)  # level 3.0
    for number in (0, 4, 2, 1):  # id, 8-bit frame numbers, output order = decoding order, one reference
        bits.ue(number)
    bits.put(0, 1)
    bits.ue(WIDTH_MB - 1)
    bits.ue(HEIGHT_MB - 1)
    bits.put(0b11_00, 4)  # frames only, direct 8x8; neither cropping nor usability information
    return _nal(0x67, bits.ended())


def picture_parameters() -> bytes:
    bits = _Bits()
    bits.ue(0)
    bits.ue(0)
    bits.put(0, 2)  # CAVLC, no bottom field order
    for _ in range(3):
        bits.ue(0)
    bits.put(0, 3)  # no weighted prediction
    for _ in range(3):
        bits.ue(0)
    bits.put(0b100, 3)  # slices say whether to deblock; unconstrained intra prediction; no redundant pictures
    return _nal(0x68, bits.ended())


def _slice_header(bits: _Bits, frame_num: int, key_number: int | None) -> None:
    is_key = key_number is not None
    bits.ue(0)
    bits.ue(7 if is_key else 5)
    bits.ue(0)
    bits.put(frame_num % 256, 8)
    if key_number is not None:
        bits.ue(key_number % 2)  # neighbouring key pictures must differ here
        bits.put(0, 2)
    else:
        bits.put(0, 3)
    bits.ue(0)
    bits.ue(1)  # deblocking off: samples come out exactly as they went in


def _copies_left(block: Macroblock, left: Macroblock) -> bool:
    for first, last, width in ((0, 256, 16), (256, 384, 8)):
        for start in range(first, last, width):
            end = start + width
            if block[start:end] != left[end - 1 : end] * width:
                return False
    return True


def _copies_above(block: Macroblock, above: Macroblock) -> bool:
    for first, last, width in ((0, 256, 16), (256, 320, 8), (320, 384, 8)):
        if block[first:last] != above[last - width : last] * ((last - first) // width):
            return False
    return True


class PictureCoder:
    """Codes one picture after the other, remembering what the decoder sees."""

    def __init__(self) -> None:
        self._shown: list[Macroblock] = [GREY] * MB_COUNT
        self._frame_num = 0
        self._keys = 0

    def key(self, blocks: list[Macroblock]) -> bytes:
        """A picture that needs no other."""
        bits = _Bits()
        self._frame_num = 0
        _slice_header(bits, 0, self._keys)
        self._keys += 1
        self._shown = list(blocks)
        plain: set[int] = set()
        for place in range(MB_COUNT):
            self._block(bits, place, plain, offset=0)
        return _nal(0x65, bits.ended())

    def change(self, blocks: dict[int, Macroblock]) -> bytes:
        """A picture that differs from the one before in these places only."""
        bits = _Bits()
        self._frame_num += 1
        _slice_header(bits, self._frame_num, None)
        for place, block in blocks.items():
            self._shown[place] = block
        plain: set[int] = set()
        previous = -1
        for place in sorted(blocks):
            bits.ue(place - previous - 1)
            self._block(bits, place, plain, offset=5)
            previous = place
        if previous < MB_COUNT - 1:
            bits.ue(MB_COUNT - 1 - previous)
        return _nal(0x61, bits.ended())

    def _block(self, bits: _Bits, place: int, plain: set[int], offset: int) -> None:
        kind = self._cheapest(place)
        bits.ue(kind + offset)
        if kind == _I_PCM:
            plain.add(place)
            bits.plain(self._shown[place])
            return
        bits.ue(_CHROMA_MODE[kind])
        bits.ue(0)
        # "No coefficients" has another code beside a block of plain samples, which counts as 16 of them.
        beside_plain = (place % WIDTH_MB and place - 1 in plain) or place - WIDTH_MB in plain
        bits.put(*((0b000011, 6) if beside_plain else (1, 1)))

    def _cheapest(self, place: int) -> int:
        block = self._shown[place]
        if place % WIDTH_MB and _copies_left(block, self._shown[place - 1]):
            return _FROM_LEFT
        if place >= WIDTH_MB and _copies_above(block, self._shown[place - WIDTH_MB]):
            return _FROM_ABOVE
        return _MEAN if place == 0 and block == GREY else _I_PCM
