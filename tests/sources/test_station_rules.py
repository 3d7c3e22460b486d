"""What the station's polkit rule allows, run by a real JavaScript engine; what udev's helper says of real devices."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.leaving_nothing import loop_device
from tests.sources.loop_cards import EXT4_STATE, card_image

ROOT = Path(__file__).resolve().parents[2]
RULE = ROOT / "systemd/polkit/50-dock-agent.rules"
UDEV = ROOT / "systemd/udev/90-dock-agent.rules"
ASK = """
const rules = [];
const polkit = {Result: {YES: "yes", NOT_HANDLED: null}, addRule: (rule) => rules.push(rule)};
new Function("polkit", require("fs").readFileSync(process.argv[1], "utf8"))(polkit);
const [id, user, facts] = JSON.parse(process.argv[2]);
const action = {id: id, lookup: (name) => facts[name]};
console.log(rules.map((rule) => rule(action, {user: user})).find((said) => said) || "not handled");
"""
UDISKS = "org.freedesktop.udisks2."
CAMERA = {"device": "/dev/sda1", "drive.removable.bus": "usb"}
INTERNAL = {"device": "/dev/nvme0n1p3"}


def says(action: str, user: str, facts: dict[str, str]) -> str:
    command = ["node", "-e", ASK, str(RULE), json.dumps([action, user, facts])]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.part("node")
def test_the_polkit_rule_lets_the_agents_user_mount_usb_disks_and_nothing_more() -> None:
    mount, seatless = UDISKS + "filesystem-mount", UDISKS + "filesystem-mount-other-seat"
    assert says(mount, "dock-agent", CAMERA) == "yes"
    assert says(seatless, "dock-agent", CAMERA) == "yes"
    assert says(seatless, "dock-agent", {}) == "yes", "what doctor asks without a device"
    assert says(seatless, "dock-agent", INTERNAL) == "not handled"
    assert says(mount, "somebody", CAMERA) == "not handled"
    for other in ("filesystem-mount-system", "open-device", "modify-device", "filesystem-unmount-others"):
        assert says(UDISKS + other, "dock-agent", CAMERA) == "not handled"


@pytest.mark.part("loop")
@pytest.mark.parametrize(
    ("spoil", "says"), [(None, "DOCK_VOLUME=clean"), ((EXT4_STATE, b"\x00\x00"), "DOCK_VOLUME=dirty")]
)
def test_udevs_helper_says_whether_a_card_is_clean(
    tmp_path: Path, spoil: tuple[int, bytes] | None, says: str
) -> None:
    with loop_device(card_image(tmp_path / "card", "ext4", spoil)) as node:
        assert helped(node) == says


def test_udevs_helper_says_nothing_of_what_it_cannot_read(tmp_path: Path) -> None:
    assert helped(str(ROOT / "Makefile")) == helped(str(tmp_path / "no-such-device")) == ""


def helped(node: str) -> str:
    """By the command of the udev rule."""
    (line,) = [line for line in UDEV.read_text().splitlines() if "IMPORT{program}" in line]
    _, flags, program, _ = line.partition('IMPORT{program}="')[2].rstrip('"').split()
    command = [sys.executable, flags, str(ROOT / program.partition("/site/")[2]), node]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout.strip()
