"""Which video a sidecar belongs to."""

from __future__ import annotations

import pytest

from agent.rules.pairing import claimed_by, video_names


@pytest.mark.parametrize(
    ("sidecar", "video", "belongs"),
    [
        (b"DCIM/a.JSON", b"DCIM/a.MP4", True),
        (b"DCIM/A.json", b"DCIM/a.MP4", True),
        (b"DCIM/a.MP4.JSON", b"DCIM/a.MP4", True),
        (b"DCIM/a.mp4.gps", b"DCIM/A.MP4", True),
        (b"DCIM/a.JSON", b"OTHER/a.MP4", False),
        (b"dcim/a.JSON", b"DCIM/a.MP4", False),
        (b"a.JSON", b"DCIM/a.MP4", False),
        (b"DCIM/a.JSON", b"DCIM/ab.MP4", False),
        (b"DCIM/ab.JSON", b"DCIM/a.MP4", False),
        (b"a.b.JSON", b"a.b.MP4", True),
        (b"a.JSON", b"a.b.MP4", False),
        (b"a", b"a.MP4", True),
        (b".JSON", b".MP4", False),
        (b"\xff.JSON", b"\xff.MP4", True),
    ],
)
def test_a_sidecar_claims_the_video_of_its_folder_with_its_stem_or_whole_name(
    sidecar: bytes, video: bytes, belongs: bool
) -> None:
    assert (claimed_by(sidecar) in video_names(video)) is belongs
