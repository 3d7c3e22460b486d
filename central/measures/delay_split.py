"""M5: where the time went that late videos took to arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from central.measures.counting import Excuses, part_of
from central.measures.videos import CAUSES, CountedVideo


@dataclass(frozen=True)
class DelaySplit:
    """Hours that all late videos spent in each delay, together."""

    excuses: Excuses
    hours: Mapping[str, float]


def delay_split(videos: Iterable[CountedVideo], excuses: Excuses) -> DelaySplit:
    total = dict.fromkeys(CAUSES, timedelta(0))
    for video in videos:
        if part_of(video, "largest", excuses) in CAUSES and video.delays is not None:
            for cause, delay in video.delays.items():
                total[cause] += delay
    return DelaySplit(excuses, {cause: delay / timedelta(hours=1) for cause, delay in total.items()})
