"""UDisks2 over a private D-Bus: its double really mounts, and fails in every way that the real one has."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from agent.adapters.camera_card import CameraCard
from agent.adapters.udisks_mounts import UdisksMounter
from agent.errors import CardGone, MountRefused
from agent.rules.footage import MountedCard, Presence
from tests.leaving_nothing import loop_device
from tests.sources.clock import eventually
from tests.sources.dock_bus import DockBus
from tests.sources.loop_cards import EXFAT_FLAGS, EXT4_STATE, KINDS, card_image, is_mounted, run, usb_presence

pytestmark = [pytest.mark.part("dbus"), pytest.mark.part("loop")]
Card = Callable[..., Presence]


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[DockBus]:
    with TemporaryDirectory() as short:
        made = DockBus(Path(short))
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", made.environment["DBUS_SYSTEM_BUS_ADDRESS"])
        yield made
        made.end()


@pytest.fixture
def card(bus: DockBus, tmp_path: Path) -> Iterator[Card]:
    """Plugs a card; UDisks2 knows it by its id and label."""
    with ExitStack() as stack:

        def make(kind: str, *, spoil: tuple[int, bytes] | None = None, read_only: bool = False) -> Presence:
            image = card_image(tmp_path / f"{kind}.img", kind, spoil)
            node = stack.enter_context(loop_device(image, *(["-r"] if read_only else [])))
            bus.add(node, kind, "AAAA-0001", "BWC")
            return usb_presence(node, kind)

        yield make
        bus.end()


@pytest.fixture
def mounter(bus: DockBus, tmp_path: Path) -> UdisksMounter:
    return UdisksMounter(tmp_path / "notes", patience_s=1.0)


def notes(tmp_path: Path) -> list[str]:
    return [note.name for note in (tmp_path / "notes").iterdir()]


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_is_read_written_on_a_fresh_mount_and_read_again_on_another(
    mounter: UdisksMounter, card: Card, bus: DockBus, kind: str
) -> None:
    presence = card(kind)
    reading = mounter.mount(presence, writable=False)
    with pytest.raises(OSError, match="Read-only"):
        (Path(reading.root) / "A.MP4").touch()
    mounter.release(reading)
    assert not is_mounted(reading.root)
    writable = mounter.mount(presence, writable=True)
    (Path(writable.root) / "A.MP4").write_bytes(b"footage")
    mounter.release(writable)
    again = mounter.mount(presence, writable=False)
    assert (Path(again.root) / "A.MP4").read_bytes() == b"footage"
    (line,) = [line for line in Path("/proc/self/mounts").read_text().splitlines() if again.root in line]
    assert {"ro", "nosuid", "nodev", "noexec"} <= set(line.split()[3].split(","))
    mounter.release(again)
    assert [call[0] for call in bus.calls()] == ["Mount", "Unmount"] * 3
    assert all(call[2]["auth.no_user_interaction"] for call in bus.calls())


def test_the_path_is_the_one_that_the_call_returned(mounter: UdisksMounter, card: Card, bus: DockBus) -> None:
    (bus.folder / "media" / "BWC").mkdir(parents=True)  # a power cut left it
    mounted = mounter.mount(card("ext4"), writable=False)
    assert mounted.root == str(bus.folder / "media" / "BWC1")
    mounter.release(mounted)
    assert (bus.folder / "media" / "BWC").exists()


def test_two_cards_with_one_label_and_one_id_are_told_apart_by_their_device(
    mounter: UdisksMounter, card: Card, bus: DockBus, tmp_path: Path
) -> None:
    first = card("ext4")
    other = card_image(tmp_path / "clone.img", "ext4")
    with loop_device(other) as node:
        bus.add(node, "ext4", "AAAA-0001", "BWC")
        second = mounter.mount(usb_presence(node, "ext4"), writable=False)
        one = mounter.mount(first, writable=False)
        assert Path(one.root).stat().st_dev == Path(str(first.device)).stat().st_rdev
        assert Path(second.root).stat().st_dev == Path(node).stat().st_rdev
        mounter.release(one)
        mounter.release(second)


def test_an_option_that_is_not_permitted_is_left_out_and_not_asked_for_again(
    mounter: UdisksMounter, card: Card, bus: DockBus
) -> None:
    bus.fault("forbid", ["nosymfollow"])
    presence = card("ext4")
    for _ in range(2):
        mounter.release(mounter.mount(presence, writable=False))
    asked = [call[2]["options"].split(",") for call in bus.calls() if call[0] == "Mount"]
    assert ["nosymfollow" in options for options in asked] == [True, False, False]


@pytest.mark.parametrize("must", ["noexec", "noload"])
def test_without_what_must_be_a_card_is_not_mounted(
    mounter: UdisksMounter, card: Card, bus: DockBus, must: str
) -> None:
    bus.fault("forbid", [must])
    with pytest.raises(MountRefused):
        mounter.mount(card("ext4"), writable=False)


SAID = [
    ("NotAuthorized", "mount_not_authorized", "polkit"),
    ("NotAuthorizedCanObtain", "mount_not_authorized", "polkit"),
    ("NotAuthorizedDismissed", "mount_not_authorized", "polkit"),
    ("MountedByOtherUser", "mounted_by_another", "doctor"),
    ("DeviceBusy", "mount_busy", "in use"),
    ("Failed", "mount_refused", "could not be mounted"),
    ("Timedout", "udisks_away", "systemctl"),
    ("org.freedesktop.DBus.Error.AccessDenied", "mount_not_authorized", "polkit"),
]


@pytest.mark.parametrize(("name", "code", "words"), SAID)
def test_every_refusal_says_what_happened_and_what_to_do(
    card: Card, bus: DockBus, tmp_path: Path, name: str, code: str, words: str
) -> None:
    bus.fault("mount", name)
    with pytest.raises(MountRefused) as refusal:
        UdisksMounter(tmp_path / "notes", patience_s=0).mount(card("ext4"), writable=False)
    assert refusal.value.code == code
    assert words in str(refusal.value)
    assert not is_mounted(str(bus.folder / "media" / "BWC"))


def test_a_passing_refusal_is_met_with_another_attempt(mounter: UdisksMounter, card: Card, bus: DockBus) -> None:
    bus.fault("mount_once", "DeviceBusy")
    mounter.release(mounter.mount(card("ext4"), writable=False))


def test_a_card_that_somebody_else_mounted_is_refused_left_alone_and_served_once_it_is_free(
    mounter: UdisksMounter, card: Card, bus: DockBus, tmp_path: Path
) -> None:
    presence = card("ext4")
    desktop = tmp_path / "desktop"
    desktop.mkdir()
    run("mount", str(presence.device), str(desktop))
    bus.add(str(presence.device), "ext4", "AAAA-0001", "BWC")
    with pytest.raises(MountRefused) as refusal:
        mounter.mount(presence, writable=False)
    assert refusal.value.code == "mounted_by_another"
    assert str(desktop) in str(refusal.value)
    assert is_mounted(str(desktop))
    run("umount", str(desktop))
    bus.add(str(presence.device), "ext4", "AAAA-0001", "BWC")
    mounter.release(mounter.mount(presence, writable=False))


@pytest.mark.parametrize("writable", [False, True])
def test_what_a_run_that_was_cut_off_left_mounted_is_unmounted_at_the_next_start(
    mounter: UdisksMounter, card: Card, tmp_path: Path, writable: bool
) -> None:
    presence = card("ext4")
    left = mounter.mount(presence, writable=writable)
    again = UdisksMounter(tmp_path / "notes")
    assert not is_mounted(left.root)
    assert notes(tmp_path) == []
    mounted = again.mount(presence, writable=False)
    assert not mounted.dirty
    again.release(mounted)


def test_what_could_not_be_unmounted_at_the_start_is_before_the_next_mount(
    mounter: UdisksMounter, card: Card, bus: DockBus, tmp_path: Path
) -> None:
    presence = card("ext4")
    mounter.mount(presence, writable=True)
    bus.kill_udisks()
    again = UdisksMounter(tmp_path / "notes", patience_s=5)
    bus.start_udisks()
    mounted = again.mount(presence, writable=False)
    assert not mounted.writable
    again.release(mounted)


def test_a_service_that_dies_while_it_mounts_is_waited_for_and_its_mount_is_not_taken_for_anothers(
    card: Card, bus: DockBus, tmp_path: Path
) -> None:
    presence = card("ext4")
    bus.fault("die_mounted", True)
    found: list[MountedCard] = []
    mounter = UdisksMounter(tmp_path / "notes", patience_s=30)
    thread = threading.Thread(target=lambda: found.append(mounter.mount(presence, writable=False)))
    thread.start()
    eventually(lambda: is_mounted(str(bus.folder / "media" / "BWC")))
    bus.kill_udisks()
    bus.start_udisks()
    thread.join(40)
    (mounted,) = found
    assert not mounted.writable
    mounter.release(mounted)
    assert notes(tmp_path) == []


def test_a_bus_that_is_restarted_is_found_again(card: Card, bus: DockBus, mounter: UdisksMounter) -> None:
    presence = card("ext4")
    mounted = mounter.mount(presence, writable=False)
    bus.kill_bus()
    mounter.release(mounted)
    assert is_mounted(mounted.root)
    with pytest.raises(MountRefused) as refusal:
        mounter.mount(presence, writable=False)
    assert refusal.value.code == "udisks_away"
    bus.start_bus()
    bus.start_udisks()
    again = mounter.mount(presence, writable=False)
    mounter.release(again)
    assert not is_mounted(mounted.root)


def test_an_answer_that_comes_too_late_is_no_mount_and_is_undone_by_the_next(
    card: Card, bus: DockBus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    presence = card("ext4")
    bus.fault("slow", 0.6)
    monkeypatch.setattr("agent.adapters.udisks.MOUNT_WITHIN_S", 0.2)
    mounter = UdisksMounter(tmp_path / "notes", patience_s=0)
    with pytest.raises(MountRefused) as refusal:
        mounter.mount(presence, writable=True)
    assert refusal.value.code == "udisks_away"
    eventually(lambda: is_mounted(str(bus.folder / "media" / "BWC")))
    monkeypatch.setattr("agent.adapters.udisks.MOUNT_WITHIN_S", 10)
    mounted = mounter.mount(presence, writable=False)
    assert not mounted.writable
    mounter.release(mounted)


def test_a_busy_card_stays_mounted_is_told_and_is_unmounted_before_the_next_mount(
    mounter: UdisksMounter, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.adapters.udisks_mounts.BUSY_FOR_S", 0.2)
    presence = card("ext4")
    writable = mounter.mount(presence, writable=True)
    held = os.open(writable.root, os.O_RDONLY)
    try:
        mounter.release(writable)
        assert is_mounted(writable.root)
        with pytest.raises(MountRefused) as refusal:
            mounter.mount(presence, writable=False)
        assert refusal.value.code == "mount_busy"
    finally:
        os.close(held)
    mounted = mounter.mount(presence, writable=False)
    assert not mounted.writable
    mounter.release(mounted)


def test_a_card_that_is_pulled_between_two_calls_is_gone(mounter: UdisksMounter, card: Card, bus: DockBus) -> None:
    presence = card("ext4")
    reading = mounter.mount(presence, writable=False)
    bus.remove(str(presence.device))
    mounter.release(reading)
    with pytest.raises(CardGone):
        mounter.mount(replace(presence, device="/dev/no-such-card"), writable=True)


def test_another_volume_under_the_same_node_is_not_the_card(mounter: UdisksMounter, card: Card, bus: DockBus) -> None:
    presence = card("ext4")
    bus.add(str(presence.device), "ext4", "BBBB-0002", "BWC")
    with pytest.raises(CardGone) as gone:
        mounter.mount(presence, writable=True)
    assert "BBBB-0002" in str(gone.value)
    assert bus.calls() == []


def test_a_card_that_the_service_does_not_know_yet_is_waited_for(card: Card, bus: DockBus, tmp_path: Path) -> None:
    presence = card("ext4")
    node = str(presence.device)
    bus.remove(node)
    told = threading.Timer(0.3, lambda: bus.add(node, "ext4", "AAAA-0001", "BWC"))
    told.start()
    mounter = UdisksMounter(tmp_path / "notes", patience_s=20)
    mounter.release(mounter.mount(presence, writable=False))
    told.join()


SPOILS = [
    pytest.param("ext4", (EXT4_STATE, b"\x00\x00"), id="ext4 not clean"),
    pytest.param("exfat", (EXFAT_FLAGS, b"\x02\x00"), marks=pytest.mark.part("exfat"), id="exfat dirty"),
]


@pytest.mark.parametrize(("kind", "spoil"), SPOILS)
def test_a_dirty_card_is_served_never_written_to_and_not_one_byte_of_it_changes(
    mounter: UdisksMounter, card: Card, tmp_path: Path, kind: str, spoil: tuple[int, bytes]
) -> None:
    presence = card(kind, spoil=spoil)
    before = (tmp_path / f"{kind}.img").read_bytes()
    with pytest.raises(MountRefused, match="not left clean"):
        mounter.mount(presence, writable=True)
    mounted = mounter.mount(presence, writable=False)
    assert mounted.dirty
    mounter.release(mounted)
    assert (tmp_path / f"{kind}.img").read_bytes() == before


@pytest.mark.parametrize(("said", "dirty"), [("clean", False), ("dirty", True), ("", True)])
def test_where_the_device_may_not_be_opened_udev_says_whether_it_is_clean_and_silence_is_dirty(
    card: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, dirty: bool
) -> None:
    presence = card("ext4")
    number = Path(str(presence.device)).stat().st_rdev
    udev = tmp_path / "udev"
    udev.mkdir()
    (udev / f"b{os.major(number)}:{os.minor(number)}").write_text(f"E:ID_FS_TYPE=ext4\nE:DOCK_VOLUME={said}\n")

    def may_not(_node: str) -> None:
        raise PermissionError

    monkeypatch.setattr("agent.adapters.udisks_mounts.read_health", may_not)
    mounter = UdisksMounter(tmp_path / "notes", udev_data=udev)
    mounted = mounter.mount(presence, writable=False)
    assert mounted.dirty is dirty
    mounter.release(mounted)


def test_a_write_protected_card_is_not_quietly_mounted_read_only(mounter: UdisksMounter, card: Card) -> None:
    with pytest.raises(MountRefused):
        mounter.mount(card("ext4", read_only=True), writable=True)


def test_a_card_that_somebody_mounts_over_ours_is_not_the_mount_that_was_proved(
    mounter: UdisksMounter, card: Card
) -> None:
    mounted = mounter.mount(card("ext4"), writable=False)
    with CameraCard(mounted.root) as held:
        held.prove(mounted.volume)
    run("mount", "--bind", mounted.root, mounted.root)
    try:
        with CameraCard(mounted.root) as other, pytest.raises(CardGone, match="anew"):
            other.prove(mounted.volume)
    finally:
        run("umount", mounted.root)
    mounter.release(mounted)


def test_another_disk_of_the_same_number_is_not_the_one_that_was_proved(mounter: UdisksMounter, card: Card) -> None:
    mounted = mounter.mount(card("ext4"), writable=False)
    number, _, count = mounted.volume.disk.partition("#")
    with CameraCard(mounted.root) as held:
        with pytest.raises(CardGone, match="took the place"):
            held.prove(replace(mounted.volume, disk=f"{number}#{int(count) + 1}"))
        held.prove(mounted.volume)
    mounter.release(mounted)
