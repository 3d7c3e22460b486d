from __future__ import annotations

import pytest

from agent.rules.footage import FileKind, MountedCard, MountedVolume, RefusedEntry, UnreadVolume, VolumeId
from agent.rules.profiles import Profile, classify
from agent.rules.volumes import (
    as_refused,
    could_hold_footage,
    is_another_disk,
    is_dark,
    is_same_card,
    path_on_volume,
    split_path,
    volume_name,
)

PLACES = [
    ((1, 0), (1, 0), ""),
    ((1, 1), (1, 1), ""),
    ((1, 2), (1, 1), "[2]"),
    ((1, 2), (1, 2), ""),
    ((2, 0), (1, 0), "[disk 2]"),
    ((2, 1), (1, 1), "[disk 2.1]"),
]


@pytest.mark.parametrize(("at", "first", "name"), PLACES)
def test_only_the_first_place_of_a_camera_has_plain_paths(
    at: tuple[int, int], first: tuple[int, int], name: str
) -> None:
    assert volume_name(*at, first) == name
    if name:
        path = f"{name}/DCIM/A.MP4".encode()
        assert split_path(path) == (name.encode(), b"DCIM/A.MP4")
        assert path_on_volume(path) == b"DCIM/A.MP4"


@pytest.mark.parametrize("path", [b"DCIM/A.MP4", b"[2]", b"[x]/A.MP4", b"[]/A", b"x[2]/A", b"[disk]/A"])
def test_an_ordinary_path_is_on_the_first_volume(path: bytes) -> None:
    assert split_path(path) == (b"", path)


def test_a_profile_sees_the_path_that_the_camera_wrote() -> None:
    profile = Profile(name="p", match=(), identity=(), video=("dcim/*.mp4",))  # type: ignore[arg-type]
    assert classify(profile, b"[2]/DCIM/A.MP4") is classify(profile, b"DCIM/A.MP4") is FileKind.VIDEO


@pytest.mark.parametrize(
    ("size", "kind", "could"),
    [
        (32 << 30, "0xc", True),
        (32 << 30, "", True),
        (512 << 10, "0x83", False),
        (32 << 30, "0x5", False),
        (16 << 20, "E3C9E316-0B5C-4DB8-817D-F92DF00215AE", False),
    ],
)
def test_a_place_without_a_file_system_is_worth_a_look_unless_it_cannot_hold_footage(
    size: int, kind: str, could: bool
) -> None:
    assert could_hold_footage(size, kind) is could


def test_nothing_on_a_dark_volume_is_missed() -> None:
    refused = as_refused([UnreadVolume("[2]", "no_file_system")])
    assert is_dark(b"[2]/DCIM/A.MP4", refused)
    assert not is_dark(b"DCIM/A.MP4", refused)
    assert is_dark(b"DCIM/A.MP4", as_refused([UnreadVolume("", "not_mounted")]))
    assert not is_dark(b"[2]/A", [RefusedEntry(b"[2]", "unreadable")])


def mounted(*uuids: str, disk: str = "8:1#5") -> MountedCard:
    first, *others = [VolumeId(1, 1, uuid, disk=disk) for uuid in uuids]
    return MountedCard(
        "/m", first, False, others=tuple(MountedVolume(f"[{n}]", f"/m{n}", one) for n, one in enumerate(others, 2))
    )


def test_a_card_is_the_same_only_with_all_its_volumes() -> None:
    assert is_same_card(mounted("A", "B"), mounted("A", "B"))
    assert not is_same_card(mounted("A", "B"), mounted("A", "C"))
    assert not is_same_card(mounted("A", "B"), mounted("A"))
    assert not is_same_card(mounted("A"), mounted("A", disk="8:1#6")), "a clone that was plugged in meanwhile"


def test_a_node_that_went_to_another_disk_is_seen_and_a_volume_that_came_or_went_is_not_taken_for_one() -> None:
    assert is_another_disk(mounted("A"), mounted("A", disk="8:1#6")), "imaged alike, and still another"
    assert not is_another_disk(mounted("A"), mounted("A", "B")), "its second partition came up later"
    assert not is_another_disk(mounted("A", "B"), mounted("A"))
    assert not is_another_disk(mounted("A", disk=""), mounted("B", disk="")), "nobody can tell: not a kernel's disk"
