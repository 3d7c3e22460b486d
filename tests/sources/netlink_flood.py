"""More udev messages than a listener can hold, on the real netlink socket of a private network namespace."""

from __future__ import annotations

import socket
import struct

NETLINK_KOBJECT_UEVENT = 15
UDEV_GROUP = 2


def message(subsystem: str, devtype: str, properties: dict[str, str]) -> bytes:
    """One message as udevd sends it: what a listener's filter in the kernel looks at is in the header."""
    body = b"".join(f"{name}={value}".encode() + b"\0" for name, value in properties.items())
    header = struct.pack("=8s", b"libudev\0") + struct.pack(">I", 0xFEEDCAFE) + struct.pack("=III", 40, 40, len(body))
    header += struct.pack(">II", murmur(subsystem.encode()), murmur(devtype.encode())) + struct.pack(">II", 0, 0)
    return header + body


def murmur(text: bytes) -> int:
    """MurmurHash2 with seed 0."""
    factor, mask = 0x5BD1E995, 0xFFFFFFFF
    value = len(text)
    while len(text) >= 4:
        k = int.from_bytes(text[:4], "little") * factor & mask
        value = (value * factor & mask) ^ ((k ^ k >> 24) * factor & mask)
        text = text[4:]
    if text:
        value = (value ^ int.from_bytes(text, "little")) * factor & mask
    value = (value ^ value >> 13) * factor & mask
    return value ^ value >> 15


def main() -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_KOBJECT_UEVENT) as sender:
        for number in range(2000):
            sent = message(
                "block",
                "disk",
                {"ACTION": "change", "DEVPATH": "/devices/x", "SUBSYSTEM": "block", "SEQNUM": str(number)},
            )
            sender.sendto(sent, (0, UDEV_GROUP))


if __name__ == "__main__":
    main()
