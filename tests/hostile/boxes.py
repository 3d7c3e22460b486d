"""MP4 and AVI containers, built box by box: sound ones, and any shape that a generator can think of."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from agent.rules.container_time import EPOCH_1904

AT = datetime(2026, 11, 22, 14, 5, 3, tzinfo=UTC)
KINDS = [b"moov", b"mvhd", b"udta", b"\xa9day", b"ftyp", b"mdat", b"free", b"uuid", b"trak", b"\0\0\0\0"]
CHUNKS = [b"LIST", b"RIFF", b"IDIT", b"ICRD", b"movi", b"JUNK"]
DATES = [
    b"Sun Nov 22 08:05:03 2026\n\0",
    b"2026:11:22 08:05:03",
    b"0000-00-00 00:00:00",
    b"9999/12/31 23:59:59",
    b"\xff" * 24,
]


def box(kind: bytes, content: bytes = b"") -> bytes:
    return (len(content) + 8).to_bytes(4) + kind + content


def mvhd(at: datetime) -> bytes:
    return box(b"mvhd", bytes(4) + int((at - EPOCH_1904).total_seconds()).to_bytes(4) + bytes(88))


CLIP = box(b"ftyp", b"isom" + bytes(4)) + box(b"mdat", b"picture" * 500) + box(b"moov", mvhd(AT))
"""A sound clip, as far as its boxes go."""


def _sized(kind: bytes, content: bytes, lie: int | None, wide: bool) -> bytes:
    """A box that may lie about its length, also in 64 bits."""
    if wide:
        return (1).to_bytes(4) + kind + (len(content) + 16 if lie is None else lie).to_bytes(8) + content
    length = len(content) + 8 if lie is None else lie & 0xFFFFFFFF
    return length.to_bytes(4) + kind + content


LIES = st.one_of(st.none(), st.integers(0, 64), st.integers(0, 2**64 - 1), st.sampled_from([2**31, 2**32 - 1, 2**63]))
LEAVES = st.one_of(
    st.binary(max_size=120),
    st.sampled_from([mvhd(AT)[8:], b"\1\0\0\0" + b"\xff" * 100, bytes(100), b"\0\x18\x15\xc7" + DATES[0]]),
)


def boxes() -> st.SearchStrategy[bytes]:
    """A row of boxes, in each other as deep as it comes, each of which may lie about its length."""
    one = st.recursive(
        LEAVES,
        lambda inner: st.lists(st.builds(_sized, st.sampled_from(KINDS), inner, LIES, st.booleans()), max_size=4).map(
            b"".join
        ),
        max_leaves=12,
    )
    head = st.sampled_from([box(b"ftyp", b"isom" + bytes(4)), box(b"mdat", b"x"), b""])
    return st.builds(lambda start, moov, rest: start + moov + rest, head, one.map(lambda it: box(b"moov", it)), one)


def _chunk(name: bytes, content: bytes, lie: int | None) -> bytes:
    length = len(content) if lie is None else lie & 0xFFFFFFFF
    return name + length.to_bytes(4, "little") + content + b"\0" * (len(content) % 2)


def chunks() -> st.SearchStrategy[bytes]:
    """An AVI's lists and chunks, with the same liberties."""
    leaf = st.one_of(st.binary(max_size=60), st.sampled_from(DATES))
    one = st.recursive(
        leaf,
        lambda inner: st.lists(
            st.builds(
                lambda name, kind, content, lie: _chunk(name, (kind if name == b"LIST" else b"") + content, lie),
                st.sampled_from(CHUNKS),
                st.sampled_from([b"hdrl", b"INFO", b"movi"]),
                inner,
                LIES,
            ),
            max_size=4,
        ).map(b"".join),
        max_leaves=12,
    )
    return one.map(
        lambda content: b"RIFF" + (len(content) + 4 & 0xFFFFFFFF).to_bytes(4, "little") + b"AVI " + content
    )
