"""Which volumes of a USB device are a camera's, under which names."""

from __future__ import annotations

from dataclasses import replace

from agent.adapters.usb_bus import Volume
from agent.adapters.usb_volumes import camera_volumes, grown

GIB = 1 << 30
DISK = Volume("/usb", "/usb/0:0:0:0/block/sda", "/dev/sda", "7", 0, None, size=32 * GIB)


def part(number: int, system: str = "vfat", *, disk: Volume = DISK, **other: object) -> Volume:
    name = disk.node.removeprefix("/dev/")
    facts = {"fs_type": system, "fs_uuid": f"U{number}"} if system else None
    one = Volume("/usb", f"{disk.devpath}/{name}{number}", f"{disk.node}{number}", "7", number, facts, size=GIB)
    return replace(one, **other)  # type: ignore[arg-type]


def names(*volumes: Volume) -> list[tuple[str, str, bool]]:
    return [(one.name, one.device, one.no_file_system) for _, one in camera_volumes(volumes)]


def test_a_disk_without_a_partition_table_is_one_volume() -> None:
    assert names(replace(DISK, facts={"fs_type": "vfat"})) == [("", "/dev/sda", False)]


def test_every_partition_with_a_file_system_is_served_and_the_disk_that_holds_them_is_none() -> None:
    assert names(DISK, part(1), part(2, "exfat")) == [("", "/dev/sda1", False), ("[2]", "/dev/sda2", False)]


def test_a_partition_that_nobody_can_read_is_named_and_changes_no_other_name() -> None:
    assert names(DISK, part(1, ""), part(2)) == [("[2]", "/dev/sda2", False), ("", "/dev/sda1", True)]
    assert names(DISK, part(1), part(2, "")) == [("", "/dev/sda1", False), ("[2]", "/dev/sda2", True)]


def test_what_cannot_hold_footage_is_not_named_and_what_udev_has_not_looked_at_is_waited_for() -> None:
    assert names(DISK, part(1), part(2, "", kind="0x5"), part(3, "", size=4096)) == [("", "/dev/sda1", False)]
    assert names(DISK, part(1), part(2, "", described=False)) == [("", "/dev/sda1", False)]


def test_a_disc_with_the_makers_programs_is_no_volume_of_the_camera() -> None:
    disc = Volume("/usb", "/usb/0:0:0:0/block/sr0", "/dev/sr0", "7", 0, {"fs_type": "iso9660"}, size=GIB)
    assert names(disc, DISK, part(1)) == [("", "/dev/sda1", False)]
    assert names(disc) == []


def test_a_second_memory_has_a_name_of_its_own_also_while_the_first_has_no_card() -> None:
    other = Volume("/usb", "/usb/0:0:0:1/block/sdb", "/dev/sdb", "8", 0, {"fs_type": "vfat"}, size=GIB)
    assert names(DISK, part(1), other) == [("", "/dev/sda1", False), ("[disk 2]", "/dev/sdb", False)]
    assert names(replace(DISK, size=0), other) == [("[disk 2]", "/dev/sdb", False)]
    unpartitioned = [replace(other, facts=None), part(1, disk=other)]
    assert names(DISK, part(1), *unpartitioned)[1] == ("[disk 2.1]", "/dev/sdb1", False)


def test_what_comes_up_later_is_added_and_a_file_system_that_a_failing_card_loses_stays() -> None:
    first, second, third = (one for _, one in camera_volumes([DISK, part(1), part(2), part(3, "")]))
    assert grown((second,), [second, third]) == (second, third)
    assert grown((second,), [replace(second, no_file_system=True, facts={})]) == (second,)
    read = replace(third, no_file_system=False)
    assert grown((second, third), [read]) == (second, read)
    assert grown((), [first]) == (first,)
