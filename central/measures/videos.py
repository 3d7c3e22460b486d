"""Videos as they are counted: when each was recorded, when it arrived, and whose duty it was recorded in."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from operator import itemgetter

from central.measures.duties import CountedDuty

A_DAY = timedelta(hours=24)
MARGIN = timedelta(hours=2)
"""People begin early and end late: a video so near to a duty is the duty's."""

LATE, IN_TIME = "late", "in_time"
SHIFT_REMAINDER, OFFICER, DOCK, NETWORK = CAUSES = ("shift_remainder", "officer", "dock", "network")
NOTHING = timedelta(0)
LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class VideoRow:
    """One asset that is a video, as `export assets` tells it."""

    asset_id: str
    camera: str
    sha256: str
    kind: str
    """`video`; empty where its station has not told yet what it is."""
    recorded_at: datetime | None
    recorded_until: datetime | None
    docked_at: datetime | None
    staged_at: datetime | None
    verified_at: datetime | None
    station: str = ""
    recorded_source: str = ""
    state: str = ""

    @property
    def placed_at(self) -> datetime | None:
        """The instant by which a window takes it."""
        return self.recorded_at or self.staged_at

    @property
    def ended_at(self) -> datetime | None:
        return self.recorded_until or self.recorded_at


@dataclass(frozen=True)
class CountedVideo:
    """A row of M4 and M5, as things were at `at`."""

    row: VideoRow
    duty: CountedDuty | None
    is_seen_again: bool
    at: datetime

    @property
    def camera(self) -> str:
        return self.row.camera

    @cached_property
    def unit(self) -> str:
        return "" if self.duty is None else self.duty.unit

    @cached_property
    def is_excused(self) -> bool:
        return self.duty is not None and self.duty.is_excused

    @cached_property
    def delays(self) -> Mapping[str, timedelta] | None:
        """The four delays, one after another, that make up the time from its recording to its arrival. None: not
        all of them are known."""
        row, began = self.row, self.row.ended_at
        if self.duty is None or began is None or None in (row.docked_at, row.staged_at, row.verified_at):
            return None
        edges = [began, self.duty.ends_at, row.docked_at, row.staged_at, row.verified_at]
        return _one_after_another([edge for edge in edges if edge is not None])

    @cached_property
    def parts(self) -> Mapping[str, str]:
        """Whether it arrived within a day, and which delay was the largest of one that did not."""
        part = self._part()
        return {"part": part, "largest": self._largest() if part == LATE else part}

    def _part(self) -> str:
        ended, arrived = self.row.ended_at, self.row.verified_at
        if self.row.kind != "video":
            return "kind_unknown"
        if self.is_seen_again:
            return "seen_again"
        if ended is None:
            return "recording_time_unknown"
        if arrived is None:
            return LATE if self.at - ended > A_DAY else "too_early"
        if arrived < ended:
            return "recorded_after_it_arrived"
        return LATE if arrived - ended > A_DAY else IN_TIME

    def _largest(self) -> str:
        if self.row.verified_at is None:
            return "not_arrived_yet"
        if self.duty is None:
            return "outside_any_duty"
        if self.delays is None:
            return "dock_unknown"
        return max(CAUSES, key=self.delays.__getitem__)


@dataclass(frozen=True)
class CountedCamera:
    """A row of M4b."""

    camera: str
    videos: int
    late: int
    is_excused: bool = False

    @property
    def parts(self) -> Mapping[str, str]:
        return {"part": camera_part(self.videos, self.late)}


def camera_part(videos: int, late: int) -> str:
    """What a camera is that recorded so many videos that count, so many of them late."""
    return LATE if late else IN_TIME if videos else "no_video_counted"


def counted_videos(rows: Iterable[VideoRow], duties: Iterable[CountedDuty], at: datetime) -> list[CountedVideo]:
    """The videos by recording, each with its duty. Of the same bytes from the same camera the first to arrive counts;
    a card that is docked at two stations is told of twice."""
    timetable = Timetable(duties)
    seen: set[tuple[str, str]] = set()
    found = []
    for row in sorted(rows, key=_arrival):
        bytes_of = (row.camera, row.sha256 or row.asset_id)
        found.append(CountedVideo(row, timetable.duty_at(row.camera, row.recorded_at), bytes_of in seen, at))
        seen.add(bytes_of)
    return sorted(found, key=lambda one: (one.row.placed_at or LAST, one.row.asset_id))


def counted_cameras(videos: Iterable[CountedVideo], *, without_excused: bool) -> list[CountedCamera]:
    """The cameras that these videos are from, by name."""
    counts: dict[str, list[int]] = {}
    for video in videos:
        both, part = counts.setdefault(video.camera, [0, 0]), video.parts["part"]
        if part in (LATE, IN_TIME) and not (without_excused and video.is_excused):
            both[0] += 1
            both[1] += part == LATE
    return [CountedCamera(camera, *both) for camera, both in sorted(counts.items())]


class Timetable:
    """Whose duty an instant lies in."""

    def __init__(self, duties: Iterable[CountedDuty]) -> None:
        self._by_camera: dict[str, list[tuple[datetime, datetime, CountedDuty]]] = {}
        self._longest: dict[str, timedelta] = {}
        """By camera: shifts without a gap are one duty, however many days they make."""
        for duty in sorted((one for one in duties if one.is_owed), key=_began):
            self._by_camera.setdefault(duty.camera, []).append((duty.starts_at, duty.ends_at, duty))
            lasted = duty.ends_at - duty.starts_at
            self._longest[duty.camera] = max(lasted, self._longest.get(duty.camera, NOTHING))

    def duty_at(self, camera: str, at: datetime | None) -> CountedDuty | None:
        """The nearest duty with this camera, no further away than `MARGIN`; of several the one that began last."""
        duties = self._by_camera.get(camera, [])
        if at is None or not duties:
            return None
        first = bisect_left(duties, at - MARGIN - self._longest[camera], key=itemgetter(0))
        last = bisect_right(duties, at + MARGIN, key=itemgetter(0))
        near = [one for one in duties[first:last] if at <= one[1] + MARGIN]
        return min(reversed(near), key=lambda one: max(one[0] - at, at - one[1], NOTHING), default=(at, at, None))[2]


def _arrival(row: VideoRow) -> tuple[bool, datetime, str]:
    # What cannot be counted must not stand in the way of the same bytes that can be.
    countable = row.kind == "video" and row.recorded_at is not None
    return not countable, row.verified_at or LAST, row.asset_id


def _began(duty: CountedDuty) -> tuple[datetime, str]:
    return duty.starts_at, duty.last.shift_id


def _one_after_another(edges: list[datetime]) -> dict[str, timedelta]:
    """Each instant held between those around it, so that no delay is negative and together they are the whole."""
    began, duty_end, docked, staged, arrived = edges
    docked = min(max(docked, began), arrived)
    duty_end = min(max(duty_end, began), docked)
    staged = min(max(staged, docked), arrived)
    inner = [began, duty_end, docked, staged, arrived]
    return {cause: end - begin for cause, begin, end in zip(CAUSES, inner, inner[1:], strict=False)}
