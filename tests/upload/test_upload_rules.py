from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.rules.backoff import CAP_S, LONGEST_ASKED_S, next_delay
from agent.rules.bandwidth import (
    BROKEN_FLOOR,
    LARGEST_CHUNK,
    MIB,
    REFUSED_FLOOR,
    SMALLEST_CHUNK,
    Bucket,
    Limit,
    limit_at,
    minutes_of,
    next_chunk_size,
    smaller_chunk,
    take,
)
from agent.rules.footage import Asset, FileKind, State
from agent.rules.receipts import check, kept, read_receipt
from agent.rules.upload_order import joined, line_up, next_upload

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


# --- backoff ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempt", "middle"), [(1, 1), (2, 2), (3, 4), (8, 128), (9, 256), (10, 300), (11, 300), (10**9, 300)]
)
def test_the_delay_doubles_up_to_the_cap_and_jitter_spreads_it_around(attempt: int, middle: float) -> None:
    assert next_delay(attempt, 0.5) == middle
    assert next_delay(attempt, 0.0) == middle / 2
    assert next_delay(attempt, 0.999999) == pytest.approx(middle * 1.5, rel=1e-4)


def test_stations_at_the_cap_do_not_call_in_step() -> None:
    delays = {round(next_delay(50, random.random())) for _ in range(1000)}
    assert len(delays) > 200
    assert min(delays) < 0.6 * CAP_S
    assert max(delays) > 1.4 * CAP_S


def test_a_server_that_asks_for_no_wait_is_not_asked_in_circles() -> None:
    for asked in (0.0, -5.0, 0.001):
        assert next_delay(20, 0.0, asked) == 0.5


@pytest.mark.parametrize(("asked", "at_least"), [(7.0, 7.0), (3600.0, 3600.0), (10**9, LONGEST_ASKED_S)])
def test_what_central_asked_for_wins_and_is_never_undercut(asked: float, at_least: float) -> None:
    for jitter in (0.0, 0.5, 0.99):
        assert at_least <= next_delay(20, jitter, asked) <= at_least * 1.1


# --- bandwidth ----------------------------------------------------------------------------------------

DAY = Limit(minutes_of("07:00"), minutes_of("19:00"), 50.0)
NIGHT = Limit(minutes_of("22:00"), minutes_of("06:00"), 500.0)
EVENING = Limit(minutes_of("19:00"), minutes_of("24:00"), 100.0)


@pytest.mark.parametrize(
    ("time", "rate"),
    [
        ("06:59", None),
        ("07:00", 50.0),
        ("18:59", 50.0),
        ("19:00", 100.0),
        ("22:00", 100.0),
        ("23:59", 100.0),
        ("00:00", 500.0),
        ("05:59", 500.0),
        ("06:00", None),
    ],
)
def test_the_timetable_is_read_in_local_time_and_the_lowest_window_counts(time: str, rate: float | None) -> None:
    hour, minute = map(int, time.split(":"))
    assert limit_at((DAY, NIGHT, EVENING), datetime(2026, 3, 29, hour, minute)) == rate  # noqa: DTZ001  wall time


@pytest.mark.parametrize("text", ["7:00", "24:01", "25:00", "12:60", "noon", "1200", "", "-1:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a time of day"):
        minutes_of(text)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, MIB)), max_size=60), st.floats(10, 1e8))
def test_no_pattern_of_asking_gets_more_than_the_rate(asked: list[tuple[float, int]], rate: float) -> None:
    bucket, now_ns, granted = Bucket(), 0, 0
    for wait_s, wanted in asked:
        now_ns += int(wait_s * 1e9)
        bucket, got, wait = take(bucket, now_ns, rate, wanted)
        assert 0 <= got <= wanted
        assert (got == 0) == (wait > 0)
        granted += got
    assert granted <= rate * now_ns / 1e9 + 1


def test_whoever_waits_as_told_is_granted_something() -> None:
    bucket, got, wait_s = take(Bucket(), 0, 1000.0, MIB)
    assert got == 0
    assert take(bucket, int(wait_s * 1e9) + 1, 1000.0, MIB)[1] > 0


def test_a_chunk_grows_to_ten_seconds_of_the_link_and_at_most_doubles() -> None:
    chunk = SMALLEST_CHUNK
    sizes = []
    for _ in range(10):
        chunk = next_chunk_size(chunk, chunk, chunk / (2 * MIB))
        sizes.append(chunk // MIB)
    assert sizes == [2, 4, 8, 16, 20, 20, 20, 20, 20, 20]
    assert next_chunk_size(64 * MIB, 64 * MIB, 0.0) == LARGEST_CHUNK
    assert next_chunk_size(8 * MIB, 8 * MIB, 3600) == SMALLEST_CHUNK
    assert next_chunk_size(32 * 1024, 32 * 1024, 3600) == 64 * 1024, "one made small by breaks grows step by step"
    assert next_chunk_size(8 * MIB, 100, 3600) == 8 * MIB, "the end of a file says nothing about the link"


def test_a_refused_chunk_is_halved_and_one_that_broke_becomes_small_enough_for_any_link() -> None:
    assert smaller_chunk(8 * MIB, refused=True) == 4 * MIB
    assert smaller_chunk(MIB, refused=True) == MIB // 2
    assert smaller_chunk(REFUSED_FLOOR, refused=True) == REFUSED_FLOOR
    assert smaller_chunk(MIB, refused=False) == MIB // 4
    assert smaller_chunk(BROKEN_FLOOR, refused=False) == BROKEN_FLOOR


# --- order --------------------------------------------------------------------------------------------


def waiting(name: str, *, camera: str = "A", hours: float = 1, kind: FileKind = FileKind.VIDEO, **more: Any) -> Asset:
    docked = NOW - timedelta(hours=hours)
    return Asset(
        asset_id=uuid4(),
        camera=camera,
        session=None,
        path=name.encode(),
        size=more.pop("size", 100),
        mtime_ns=0,
        kind=kind,
        state=State.STAGED,
        found_at=docked,
        docked_at=docked,
        **more,
    )


def order_of(assets: list[Asset], served: dict[str, int] | None = None) -> list[str]:
    names = {asset.asset_id: asset.path.decode() for asset in assets}
    lines, taken, order = line_up(assets, NOW), set[UUID](), []
    while (asset_id := next_upload(lines, served or {}, taken.__contains__)) is not None:
        taken.add(asset_id)
        order.append(names[asset_id])
    return order


def test_flagged_goes_first_then_the_newest_dock_then_the_backlog() -> None:
    assets = [
        waiting("old", hours=72),
        waiting("fresh", hours=30),
        waiting("newest", hours=1),
        waiting("late", hours=1, recorded_at=NOW - timedelta(hours=60)),
        waiting("flagged.mp4", hours=100, flagged=True),
    ]
    assert order_of(assets) == ["flagged.mp4", "newest", "fresh", "late", "old"]


def test_a_sidecar_goes_with_its_video_also_when_only_the_video_is_flagged() -> None:
    assets = [
        waiting("b/2.json", kind=FileKind.SIDECAR),
        waiting("b/1.json", kind=FileKind.SIDECAR, recorded_at=NOW - timedelta(hours=2)),
        waiting("b/2.MP4", recorded_at=NOW - timedelta(hours=3)),
        waiting("b/1.MP4", recorded_at=NOW - timedelta(hours=4)),
        waiting("z/9.json", kind=FileKind.SIDECAR),
        waiting("z/9.MP4", flagged=True),
    ]
    assert order_of(assets) == ["z/9.MP4", "z/9.json", "b/1.MP4", "b/1.json", "b/2.MP4", "b/2.json"]


def test_a_camera_whose_clock_was_reset_is_not_taken_for_backlog() -> None:
    reset = waiting("reset", recorded_at=datetime(2000, 1, 1, tzinfo=UTC))
    assert order_of([waiting("old", hours=72), reset]) == ["reset", "old"]


def test_the_camera_that_was_served_least_goes_next() -> None:
    assets = [waiting("a", camera="A"), waiting("b", camera="B"), waiting("c", camera="C")]
    assert order_of(assets, {"A": 200, "B": 100, "C": 300}) == ["b", "a", "c"]


def test_a_camera_that_comes_late_starts_level_with_the_least_served() -> None:
    assert joined({"A": 500, "B": 300, "GONE": 1}, ["A", "B", "NEW"]) == {"A": 500, "B": 300, "NEW": 300}
    assert joined({}, ["A"]) == {"A": 0}


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32))
def test_cameras_with_files_of_very_different_sizes_get_fair_shares(seed: int) -> None:
    chance = random.Random(seed)
    sizes = {"A": 10, "B": 1000, "C": 100, "D": 3000}
    assets = [waiting(str(n), camera=camera, size=size) for camera, size in sizes.items() for n in range(4)]
    by_id = {asset.asset_id: asset for asset in assets}
    left = {asset.asset_id: asset.size * 500 for asset in assets}
    lines, served, sent = line_up(assets, NOW), joined({}, sizes), Counter[str]()
    for _ in range(2000):
        asset_id = next_upload(lines, served, lambda one: left[one] <= 0)
        assert asset_id is not None
        part = min(left[asset_id], chance.randint(1, 64))
        left[asset_id] -= part
        camera = by_id[asset_id].camera
        served[camera] += part
        sent[camera] += part
    shares = [sent[camera] for camera in sizes]
    assert sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares)) >= 0.95


def test_picking_from_a_long_backlog_is_quick() -> None:
    assets = [waiting(f"{n}.MP4", camera=f"C{n % 8}", hours=n % 100) for n in range(20_000)]
    lines = line_up(assets, NOW)
    taken: set[UUID] = set()
    looked = 0

    def is_taken(asset_id: UUID) -> bool:
        nonlocal looked
        looked += 1
        return asset_id in taken

    for _ in range(100):
        chosen = next_upload(lines, {}, is_taken)
        assert chosen is not None
        taken.add(chosen)
    assert looked < 10_000


# --- receipts -----------------------------------------------------------------------------------------

ASSET = replace(waiting("v.MP4"), sha256="ab" * 32, state=State.UPLOADED)


def receipt(**changed: Any) -> dict[str, Any]:
    fields = {
        "asset_id": str(ASSET.asset_id),
        "station": "east-1",
        "sha256": ASSET.sha256,
        "size": ASSET.size,
        "stored_at": "2026-11-22T15:00:00Z",
        "store_epoch": 3,
        "hold": False,
        "receipt_id": str(uuid4()),
        "key_id": "key-1",
    }
    return {**fields, **changed}


def test_a_receipt_for_exactly_these_bytes_is_accepted_and_kept_verbatim() -> None:
    content = json.dumps(receipt(retention_until="2027-01-01")).encode()
    fields = read_receipt(content)
    assert check(fields, ASSET, "east-1", 3, "key-1") is None
    assert kept(fields, content, b"sig").content == content


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"asset_id": str(uuid4())}, "other_asset"),
        ({"station": "west-1"}, "other_station"),
        ({"sha256": "cd" * 32}, "other_sha256"),
        ({"size": 101}, "other_size"),
        ({"store_epoch": 2}, "other_epoch"),
        ({"store_epoch": 4}, "other_epoch"),
        ({"key_id": "key-2"}, "other_key"),
    ],
)
def test_a_receipt_that_differs_in_one_field_is_refused_by_name(changed: dict[str, Any], reason: str) -> None:
    assert check(read_receipt(json.dumps(receipt(**changed)).encode()), ASSET, "east-1", 3, "key-1") == reason


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        json.dumps(receipt(size="100")).encode(),
        json.dumps(receipt(size=True)).encode(),
        json.dumps(receipt(size=100.0)).encode(),
        json.dumps(receipt(hold="no")).encode(),
        json.dumps(receipt(stored_at="2026-11-22T15:00:00")).encode(),
        json.dumps(receipt(sha256="AB" * 32)).encode(),
        json.dumps(receipt(asset_id="1")).encode(),
        json.dumps({key: value for key, value in receipt().items() if key != "hold"}).encode(),
        json.dumps(receipt()).encode()[:-1] + b', "size": 100}',
    ],
)
def test_what_is_not_exactly_a_receipt_is_not_read(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  one of several words for the same refusal
        read_receipt(content)
