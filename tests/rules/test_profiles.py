"""What a card's files are, and which model it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.adapters.profile_files import load_profiles
from agent.rules.footage import FileKind
from agent.rules.profiles import (
    Match,
    Profile,
    choose,
    classify,
    is_flagged,
    is_in_progress,
    may_erase_kind,
)

SHIPPED = {profile.name: profile for profile in load_profiles()}
FOLDER, GENERIC, UNKNOWN = (SHIPPED[name] for name in ("folder", "generic-msc", "unknown"))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (b"DCIM/20261122/BWC0412_20261122140503_0001.MP4", FileKind.VIDEO),
        (b"a.mp4", FileKind.VIDEO),
        (b"DCIM/A.JSON", FileKind.SIDECAR),
        (b"DCIM/A.gps", FileKind.SIDECAR),
        (b"BWC.ID", FileKind.MARKER),
        (b"bwc.id", FileKind.MARKER),
        (b"DCIM/bwc.id", FileKind.OTHER),
        (b"notes.txt", FileKind.OTHER),
        (b"no suffix", FileKind.OTHER),
        (b".mp4", FileKind.VIDEO),
        (b"\xff\xfe.mp4", FileKind.VIDEO),
        (b"line\nbreak.mp4", FileKind.VIDEO),
        (b"a.mp4.exe", FileKind.OTHER),
        (b"a.mp4/b", FileKind.OTHER),
    ],
)
def test_a_file_is_what_its_path_says(path: bytes, kind: FileKind) -> None:
    assert classify(FOLDER, path) is kind


def test_a_marker_is_a_marker_even_when_a_video_glob_fits_too() -> None:
    profile = Profile("x", video=("*",), marker=("id.txt",), match=(Match(marker="SERIAL.TXT"),))
    assert classify(profile, b"ID.TXT") is FileKind.MARKER
    assert classify(profile, b"serial.txt") is FileKind.MARKER


def test_a_marker_is_never_erased_whatever_a_profile_says() -> None:
    profile = Profile("x", erase_kinds=frozenset(FileKind), erase_enabled=True)
    assert [kind for kind in FileKind if not may_erase_kind(profile, kind)] == [FileKind.MARKER]


def test_only_the_folder_profile_comes_with_erasing_switched_on() -> None:
    assert {name for name, profile in SHIPPED.items() if profile.erase_enabled} == {"folder"}
    assert not any(may_erase_kind(replace(UNKNOWN, erase_enabled=True), kind) for kind in FileKind)
    assert not any(may_erase_kind(FOLDER, kind) for kind in (FileKind.OTHER, FileKind.MARKER))


def test_names_tell_what_is_still_written_and_what_was_flagged() -> None:
    assert is_in_progress(FOLDER, b"DCIM/a.mp4.TMP")
    assert not is_in_progress(FOLDER, b"DCIM/a.mp4")
    assert is_flagged(FOLDER, b"DCIM/a_IMP.mp4")
    assert is_flagged(FOLDER, b"EVENT/a.mp4")
    assert not is_flagged(FOLDER, b"prevent/a.mp4")


def test_a_folder_is_a_folder_and_a_stick_is_nothing_we_know() -> None:
    assert choose(list(SHIPPED.values()), {"source": "folder"}) is FOLDER
    assert choose(list(SHIPPED.values()), {"source": "usb", "fs_label": "KINGSTON"}) is None


def test_a_plain_camera_is_known_by_its_label_or_its_marker_file() -> None:
    assert choose(list(SHIPPED.values()), {"source": "usb", "fs_label": "BWC"}) is GENERIC
    assert choose(list(SHIPPED.values()), {"source": "usb"}, ["bwc.id"]) is GENERIC


def test_the_most_specific_profile_wins_and_every_part_of_a_match_must_fit() -> None:
    model = Profile("model", match=(Match("usb", usb_vendor_id=("2CA3",), usb_model_id=("001f", "0020")),))
    vendor = Profile("vendor", match=(Match("usb", usb_vendor_id=("2ca3",)),))
    facts = {"source": "usb", "usb_vendor_id": "2ca3", "usb_model_id": "001F"}
    assert choose([vendor, model], facts) is model
    assert choose([vendor, model], {**facts, "usb_model_id": "0099"}) is vendor
    assert choose([vendor, model], {**facts, "source": "folder"}) is None


def test_the_generic_marker_names_the_camera_with_or_without_a_key() -> None:
    from agent.rules.identity import identify

    for text in ("BWC0412\n", "serial=BWC0412\r\n", "\nSerial: BWC0412"):
        assert identify({}, GENERIC, text).camera == "BWC0412"
        assert identify({}, GENERIC, text).unique
