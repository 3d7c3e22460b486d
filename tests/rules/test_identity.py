"""Which camera is this?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.rules.identity import Identity, clashes, identify, printable, told_apart
from agent.rules.profiles import IdentitySource, Profile

RANKED = Profile(
    "acme",
    identity=(
        IdentitySource("marker", r"serial=(\S+)", unique=True),
        IdentitySource("fs_label", r"^CAM\d+$"),
        IdentitySource("file_name", r"^(?P<camera>[A-Z]{3}\d{4})_(\d+)"),
        IdentitySource("usb_serial"),
    ),
)
FACTS = {"bay": "1-1.4", "fs_uuid": "AAAA-0001", "fs_label": "CAM07", "usb_serial": "96680-00000-001"}


def test_the_first_place_that_says_something_decides() -> None:
    assert identify(FACTS, RANKED, "model=x\nserial=BWC0001\n") == Identity("BWC0001", "marker", unique=True)


def test_a_place_that_does_not_match_is_passed_over() -> None:
    assert identify(FACTS, RANKED, "nothing of use") == Identity("CAM07~AAAA-0001", "fs_label", unique=False)


def test_what_is_not_unique_is_joined_with_the_file_system_and_never_refused() -> None:
    facts = {**FACTS, "fs_label": ""}
    assert identify(facts, RANKED, None) == Identity("96680-00000-001~AAAA-0001", "usb_serial", unique=False)


def test_without_a_file_system_id_it_is_joined_with_the_bay() -> None:
    facts = {"bay": "1-1.4", "usb_serial": "96680-00000-001"}
    assert identify(facts, RANKED, None).camera == "96680-00000-001~1-1.4"


def test_two_cameras_with_one_usb_serial_are_two_cameras() -> None:
    one, other = ({"bay": f"1-{n}", "fs_uuid": f"AAAA-{n}", "usb_serial": "96680-00000-001"} for n in (1, 2))
    assert identify(one, RANKED, None).camera != identify(other, RANKED, None).camera


def test_file_names_name_the_camera_only_when_they_all_agree() -> None:
    facts = {"bay": "1-1.4", "fs_uuid": "AAAA-0001"}
    agreed = identify(facts, RANKED, None, ["DCIM/ABC1234_1.MP4", "DCIM/ABC1234_2.MP4", "LOG.TXT"])
    assert agreed == Identity("ABC1234~AAAA-0001", "file_name", unique=False)
    mixed = identify(facts, RANKED, None, ["DCIM/ABC1234_1.MP4", "DCIM/XYZ9999_2.MP4"])
    assert mixed.source == "port"


def test_when_nothing_names_it_the_port_and_the_file_system_do() -> None:
    assert identify(FACTS, Profile("unknown"), None) == Identity("unknown~1-1.4~AAAA-0001", "port", unique=False)
    assert identify({}, Profile("unknown"), None).camera == "unknown~?"


def test_a_folder_name_is_taken_whole() -> None:
    profile = Profile("folder", identity=(IdentitySource("folder_name", unique=True),))
    two_lines = identify({"folder_name": "BWC0001\nx"}, profile, None)
    assert two_lines.camera != identify({"folder_name": "BWC0001"}, profile, None).camera
    assert two_lines.camera.startswith("BWC0001_x#")


def test_cameras_of_one_name_clash_and_are_told_apart_as_not_unique() -> None:
    one = Identity("BWC0001", "marker", unique=True)
    assert clashes(one, [Identity("BWC0001", "fs_label", unique=False)])
    assert not clashes(one, [Identity("BWC0002", "marker", unique=True)])
    apart = told_apart(one, FACTS)
    assert apart == Identity("BWC0001~1-1.4~AAAA-0001", "marker", unique=False)


@given(st.text())
def test_every_name_can_be_shown(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert 0 < len(shown) <= 64
    assert shown == shown.strip()


@pytest.mark.parametrize(
    ("one", "other"), [("A\n", "A\t"), ("A ", "A"), ("x" * 70 + "1", "x" * 70 + "2"), ("\u202eA", "_A"), ("", " ")]
)
def test_two_names_that_would_look_alike_stay_two(one: str, other: str) -> None:
    assert printable(one) != printable(other)
