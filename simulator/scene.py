"""What a simulated camera films: sky, road, a bouncing ball, and the serial with a running clock burnt in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from simulator.h264 import FPS, GREY, HEIGHT_MB, MB_COUNT, WIDTH_MB, Macroblock, PictureCoder

FRAMES = 600
KEY_EVERY = 100
_WIDTH = 16 * WIDTH_MB
_TEXT_ROW = HEIGHT_MB - 1
_BALL = 16
"""Samples across."""
FRAMING = 8
"""Bytes that a container adds to each picture."""

# Five columns of a 5x7 letter, lowest bit on top, two hexadecimal digits each.
_LETTERS = {
    " ": "0000000000", "-": "0808080808", ".": "0060600000", ":": "0036360000", "_": "4040404040",
    "0": "3E5149453E", "1": "00427F4000", "2": "4261514946", "3": "2141454B31", "4": "1814127F10",
    "5": "2745454539", "6": "3C4A494930", "7": "0171090503", "8": "3649494936", "9": "064949291E",
    "A": "7E1111117E", "B": "7F49494936", "C": "3E41414122", "D": "7F4141221C", "E": "7F49494941",
    "F": "7F09090901", "G": "3E4149497A", "H": "7F0808087F", "I": "00417F4100", "J": "2040413F01",
    "K": "7F08142241", "L": "7F40404040", "M": "7F020C027F", "N": "7F0408107F", "O": "3E4141413E",
    "P": "7F09090906", "Q": "3E4151215E", "R": "7F09192946", "S": "4649494931", "T": "01017F0101",
    "U": "3F4040403F", "V": "1F2040201F", "W": "3F4038403F", "X": "6314081463", "Y": "0708700807",
    "Z": "6151494543",
}  # fmt: skip


@lru_cache(maxsize=1024)
def _two_letters(pair: str) -> Macroblock:
    luma = bytearray([40]) * 256
    for at, letter in enumerate(pair):
        for x, column in enumerate(bytes.fromhex(_LETTERS.get(letter, _LETTERS["-"]))):
            for y in range(7):
                if column >> y & 1:
                    luma[(y + 4) * 16 + 8 * at + x + 1] = 225
    return bytes(luma) + bytes([128]) * 128


@lru_cache(maxsize=MB_COUNT)
def _row_of_background(row: int) -> Macroblock:
    if row == _TEXT_ROW:
        return _two_letters("  ")
    luma = bytes(y for line in range(16) for y in [_brightness(16 * row + line)] * 16)
    is_sky = row < 7
    return luma + bytes([150 if is_sky else 128]) * 64 + bytes([112 if is_sky else 128]) * 64


def _brightness(line: int) -> int:
    return 130 + line // 2 if line < 112 else 70 + (line - 112) // 3


def _ball_at(frame: int) -> tuple[int, int]:
    reach = _WIDTH - _BALL
    along = frame * 3 % (2 * reach)
    x = along if along < reach else 2 * reach - along
    fall = frame % 40 - 20
    return x, 20 + fall * fall * 110 // 400


def _touched_by_ball(frame: int) -> set[int]:
    x, y = _ball_at(frame)
    columns = {x // 16, (x + _BALL - 1) // 16}
    rows = {y // 16, (y + _BALL - 1) // 16}
    return {row * WIDTH_MB + column for row in rows for column in columns}


def _shape() -> list[tuple[int, int]]:
    """For each line of the ball, the samples it covers: first and one past the last."""
    covered = [
        [column for column in range(_BALL) if (2 * line - 15) ** 2 + (2 * column - 15) ** 2 < 240]
        for line in range(_BALL)
    ]
    return [(columns[0], columns[-1] + 1) for columns in covered]


_SHAPE = _shape()


@lru_cache(maxsize=4 * FRAMES)
def _with_ball(place: int, frame: int) -> Macroblock:
    x, y = _ball_at(frame)
    left, top = x - place % WIDTH_MB * 16, y - place // WIDTH_MB * 16
    block = bytearray(_row_of_background(place // WIDTH_MB))
    for line in range(max(0, top), min(16, top + _BALL)):
        start, end = (min(max(left + edge, 0), 16) for edge in _SHAPE[line - top])
        block[line * 16 + start : line * 16 + end] = bytes([90]) * (end - start)
        first, width = line // 2 * 8 + start // 2, end // 2 - start // 2
        block[256 + first : 256 + first + width] = bytes([90]) * width
        block[320 + first : 320 + first + width] = bytes([220]) * width
    return bytes(block)


def _caption(serial: str, at: datetime) -> str:
    return f"{serial.upper()[:18]} {at:%Y-%m-%d %H:%M:%S}Z".ljust(2 * WIDTH_MB)


def _caption_blocks(text: str) -> dict[int, Macroblock]:
    first = _TEXT_ROW * WIDTH_MB
    return {first + i: _two_letters(text[2 * i : 2 * i + 2]) for i in range(WIDTH_MB)}


def film(serial: str, started_at: datetime, room: int) -> Iterator[bytes]:
    """At most 600 coded pictures (60 s) that with their framing take at most `room` bytes; the first is a key.

    Where there is no room for a real scene, the pictures are grey.
    """
    coder = PictureCoder()
    if room < 20_000:
        yield from _grey(coder, room)
        return
    caption = ""
    for frame in range(FRAMES):
        text = _caption(serial, started_at + timedelta(seconds=frame // FPS))
        ball = _touched_by_ball(frame)
        if frame % KEY_EVERY == 0:
            blocks = {place: _row_of_background(place // WIDTH_MB) for place in range(MB_COUNT)}
            blocks |= _caption_blocks(text)
            blocks |= {place: _with_ball(place, frame) for place in ball}
            picture = coder.key([blocks[place] for place in range(MB_COUNT)])
        else:
            changed = {place: _row_of_background(place // WIDTH_MB) for place in _touched_by_ball(frame - 1)}
            if text != caption:
                before = _caption_blocks(caption)
                changed |= {place: b for place, b in _caption_blocks(text).items() if b != before[place]}
            changed |= {place: _with_ball(place, frame) for place in ball}
            picture = coder.change(changed)
        caption = text
        room -= len(picture) + FRAMING
        if room < 0:
            return
        yield picture


def _grey(coder: PictureCoder, room: int) -> Iterator[bytes]:
    for frame in range(FRAMES):
        picture = coder.change({}) if frame else coder.key([GREY] * MB_COUNT)
        room -= len(picture) + FRAMING
        if room < 0:
            return
        yield picture
