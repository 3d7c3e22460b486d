"""What may be a camera on USB."""

from __future__ import annotations

import pytest

from agent.rules.usb_devices import NEVER, bay_of, may_hold_footage, refused_face, refused_housing, refused_interfaces


@pytest.mark.parametrize(
    ("interfaces", "own", "refused"),
    [
        (":080650:", (), ""),
        (":080650:080650:", (), ""),
        (":080650:ff4201:", (), "a vendor's own interface"),
        (":080650:ff4201:", ("ff",), ""),
        (":080650:0e0100:", ("ff",), "a video camera"),
        (":080650:060101:", (), "a still camera (MTP or PTP)"),
        (":080650:030101:", (), "a keyboard or mouse"),
        (":080650:030101:", ("03",), "a keyboard or mouse"),
        (":080650:020600:0a0000:", (), "a network or modem"),
        (":080650:e00103:", ("e0",), "a wireless adapter"),
        (":080650:ef0401:", ("ef",), "a network"),
        (":080650:420000:", (), "an interface of class 42"),
        (":030101:", (), ""),
        ("", (), ""),
    ],
)
def test_storage_that_is_also_anything_else_is_refused_unless_its_profile_says_so(
    interfaces: str, own: tuple[str, ...], refused: str
) -> None:
    assert refused_interfaces(interfaces, own) == refused


@pytest.mark.parametrize("kind", sorted(NEVER))
def test_no_profile_allows_what_types_commands_or_carries_them(kind: str) -> None:
    assert refused_interfaces(f":080650:{kind}0000:", (kind,))
    assert refused_face(f":ff0000:{kind}0000:", (kind, "ff"))


def test_a_locked_camera_may_show_its_own_interface_only() -> None:
    assert refused_face(":ff0000:", ("ff",)) == ""
    assert refused_face(":ff0000:", ()) == "a vendor's own interface"
    assert refused_face(":080650:", ()) == ""
    assert refused_face(":ff0000:030101:", ("ff",)) == "a keyboard or mouse"


@pytest.mark.parametrize(
    ("port", "bay"),
    [
        ("1-1.4", "1-1.4"),
        ("1-1.4.1", "1-1.4"),
        ("1-1.4.1.2", "1-1.4"),
        ("1-1.9.1.2", "1-1.9.1"),
        ("1-1.41", "1-1.41"),
        ("1-1", "1-1"),
        ("2-1.4.1", "2-1.4.1"),
    ],
)
def test_what_is_behind_a_cameras_own_hub_belongs_to_its_bay(port: str, bay: str) -> None:
    assert bay_of(port, {"1-1.4": "Bay 7", "1-1.9": "Bay 8", "1-1.9.1": "Bay 9"}) == bay


def test_a_keyboard_or_a_network_behind_a_cameras_own_hub_is_refused_with_it() -> None:
    assert refused_housing({"1-1.4.2": ":030101:"}) == "a keyboard or mouse"
    assert refused_housing({"1-1.4.2": ":ef0401:", "1-1.4.3": ":030101:"}) == "a network, a keyboard or mouse"
    assert refused_housing({"1-1.4.2": ":080650:"}) == ""


@pytest.mark.parametrize(
    ("interfaces", "may"),
    [(":060101:", True), (":ff4201:", True), (":080650:", True), ("", True), (":030101:", False)],
)
def test_phones_and_locked_cameras_are_worth_a_word_and_keyboards_are_not(interfaces: str, may: bool) -> None:
    assert may_hold_footage(interfaces) is may
