"""When an upload may follow a copy under way, and how far it may go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from agent.rules.bandwidth import MIB
from agent.rules.following import FOLLOW_FROM, LARGEST_STEP, least_step, may_be_followed, next_step
from agent.rules.footage import Asset, FileKind, State

FOUND = Asset(
    asset_id=uuid4(),
    camera="CAM1",
    session=uuid4(),
    path=b"DCIM/A.MP4",
    size=FOLLOW_FROM,
    mtime_ns=0,
    kind=FileKind.VIDEO,
    state=State.FOUND,
    found_at=datetime(2026, 11, 22, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("written", "offset", "chunk", "sent"),
    [
        (0, 0, 64, 0),
        (9, 0, 64, 0),  # less than a step
        (10, 0, 64, 10),
        (50, 0, 64, 50),
        (50, 45, 64, 0),
        (100, 0, 64, 64),
        (100, 64, 64, 35),  # all but the last byte
        (100, 99, 64, 0),
        (12, 0, 4, 4),  # a link that takes only little at once gets little steps
        (3, 0, 4, 0),
    ],
)
def test_a_step_is_worth_its_request_and_never_holds_the_last_byte(
    written: int, offset: int, chunk: int, sent: int
) -> None:
    assert next_step(written, size=100, offset=offset, chunk=chunk, least=10) == sent


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_whatever_is_written_the_last_byte_stays(size: int) -> None:
    for written in range(size + 1):
        for offset in range(size + 1):
            assert offset + next_step(written, size, offset, chunk=size, least=1) <= max(offset, size - 1, 0)


def test_a_step_is_an_eighth_of_a_small_file_and_never_large() -> None:
    assert least_step(FOLLOW_FROM) == LARGEST_STEP == 8 * MIB
    assert least_step(1 << 40) == LARGEST_STEP
    assert least_step(MIB) == MIB // 8
    assert least_step(0) == 1


def test_only_a_file_that_central_cannot_have_is_followed() -> None:
    assert may_be_followed(FOUND, rebuilt=False)
    assert not may_be_followed(FOUND, rebuilt=True)
    assert not may_be_followed(replace(FOUND, sha256="0" * 64), rebuilt=False)
    assert not may_be_followed(replace(FOUND, salvage=True), rebuilt=False)
    assert not may_be_followed(replace(FOUND, state=State.STAGED), rebuilt=False)
