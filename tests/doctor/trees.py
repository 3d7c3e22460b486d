"""Folders that look like /proc, /sys and /etc of another PC."""

from __future__ import annotations

from pathlib import Path


def write(root: Path, path: str, text: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def mountinfo(root: Path, *lines: str) -> None:
    """Each line: `8:1 /mount/point rw,options type source`."""
    made = []
    for number, line in enumerate(lines, 20):
        device, point, options, kind, source = line.split(" ")
        made.append(f"{number} 1 {device} / {point} {options} shared:1 - {kind} {source} {options}")
    write(root, "proc/self/mountinfo", "\n".join(made) + "\n")


def block_device(root: Path, number: str, place: str, *, rotating: bool = False, cache: str = "write back") -> None:
    """A whole disk at `sys/devices/PLACE`, known as `number`."""
    folder = root / "sys/devices" / place
    write(folder, "queue/rotational", f"{int(rotating)}\n")
    write(folder, "queue/write_cache", f"{cache}\n")
    _link(root, number, folder)


def partition(root: Path, number: str, place: str) -> None:
    folder = root / "sys/devices" / place
    write(folder, "partition", "1\n")
    _link(root, number, folder)


def _link(root: Path, number: str, folder: Path) -> None:
    link = root / "sys/dev/block" / number
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(folder)


def process(root: Path, pid: int, comm: str, *words: str) -> None:
    write(root, f"proc/{pid}/comm", f"{comm[:15]}\n")
    write(root, f"proc/{pid}/cmdline", "\0".join(words) + "\0")
