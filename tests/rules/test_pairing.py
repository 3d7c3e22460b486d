"""Which video a sidecar belongs to."""

from __future__ import annotations

import pytest

from agent.adapters.profile_files import load_profiles
from agent.rules.pairing import claims, video_names, videos_of


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
    assert (not claims(sidecar).isdisjoint(video_names(video))) is belongs


PAIRING = {profile.name: profile.pairing for profile in load_profiles()}
DRIVE = [
    b"R/20261122_140503_NF.mp4",
    b"R/20261122_140503_NR.mp4",
    b"R/20261122_140603_NF.mp4",
    b"R/20261122_140503_EF.mp4",
]
REC = b"u1_ACCC8E1_20261122_140503"
CLIPS = [REC + b"/20261122_140503_1F.mkv", REC + b"/20261122_141003_2A.mkv"]


@pytest.mark.parametrize(
    ("model", "sidecar", "videos", "owners"),
    [
        ("blackvue", b"R/20261122_140503_N.gps", DRIVE, DRIVE[:2]),
        ("blackvue", b"R/20261122_140503_n.3GF", DRIVE, DRIVE[:2]),
        ("blackvue", b"R/20261122_140503_NF.thm", DRIVE, DRIVE[:2]),
        ("blackvue", b"R/20261122_140503_E.gps", DRIVE, DRIVE[3:]),
        ("blackvue", b"S/20261122_140503_N.gps", DRIVE, []),
        ("blackvue", b"R/20261122_150000_N.gps", DRIVE, []),
        ("axis-export", REC + b"/20261122_140503_1F.key", CLIPS, CLIPS[:1]),
        ("axis-export", REC + b"/20261122_140503_1F_ACCC8E1_gpstrail.json", CLIPS, CLIPS[:1]),
        ("axis-export", REC + b"/" + REC + b".20261122_141003_2A.mkv.metadata.json", CLIPS, CLIPS[1:]),
        ("axis-export", REC + b"/" + REC + b".metadata.json", CLIPS, CLIPS),
        ("axis-export", REC + b"/complete", CLIPS, CLIPS),
        ("axis-export", REC + b"/bookmark_20261122_140510_7", CLIPS, CLIPS),
        ("axis-export", b"other/complete", CLIPS, []),
    ],
)
def test_a_sidecar_of_several_videos_goes_after_the_last_of_them(
    model: str, sidecar: bytes, videos: list[bytes], owners: list[bytes]
) -> None:
    assert videos_of(sidecar, videos, PAIRING[model]) == tuple(sorted(owners))


def test_a_pair_is_never_taken_for_a_file() -> None:
    pairing = PAIRING["blackvue"]
    assert claims(b"R/20261122_140503_N", pairing).isdisjoint(video_names(b"R/x.mp4", pairing))
    assert not any(name in DRIVE for video in DRIVE for name in video_names(video, pairing) - {video.lower()})
