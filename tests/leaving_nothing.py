"""What a test starts, mounts or attaches is gone when its process is: also after SIGKILL, when no fixture ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_CLONE_NEWNS = 0x00020000
_MS_REC, _MS_PRIVATE = 1 << 14, 1 << 18

_libc = ctypes.CDLL(None, use_errno=True)
_starter = ThreadPoolExecutor(1, thread_name_prefix="starter")
"""A child dies with the *thread* that started it, so one that lives as long as the process starts them all."""


def start(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """A process that the kernel kills when this one ends, however that happens."""
    return _starter.submit(_start, command, options).result()


def _start(command: Sequence[str], options: dict[str, Any]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(list(command), preexec_fn=_die_with_parent, **options)


def _die_with_parent() -> None:
    # Runs between fork and exec of a process with threads: nothing here may allocate much or take a lock.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def keep_mounts_to_ourselves() -> None:
    """From now on nobody but this process and its children sees what they mount; the last of them takes it along.

    Call it early, in the main thread: it holds for the calling thread and what that starts. Without the right to
    do so nothing happens: then there are no mounts either.
    """
    if _libc.unshare(_CLONE_NEWNS) == 0:
        _libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)


@contextlib.contextmanager
def loop_device(image: Path, *options: str) -> Iterator[str]:
    """The node of a loop device over `image`, detached by the kernel when the last one who has it open ends."""
    made = subprocess.run(
        ["losetup", *options, "--show", "-f", str(image)], check=True, capture_output=True, text=True
    )
    node = made.stdout.strip()
    handle = os.open(node, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # While it is open, this only marks it: its last user detaches it, and that may be a killed process.
        subprocess.run(["losetup", "-d", node], check=True, capture_output=True)
        yield node
    finally:
        os.close(handle)


@contextlib.contextmanager
def mounted(node: str, at: Path, *options: str) -> Iterator[Path]:
    """A device or image mounted at a folder, which is made when it is missing."""
    at.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", *options, node, str(at)], check=True, capture_output=True)
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", str(at)], check=False, capture_output=True)


def ext4_image(image: Path, size: str, *, content: Path | None = None) -> Path:
    """A file with an ext4 file system of `size` (as truncate(1) reads it), holding a copy of `content`."""
    subprocess.run(["truncate", "-s", size, str(image)], check=True)
    filled = ["-d", str(content)] if content else []
    made = ["mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0", *filled, str(image)]
    subprocess.run(made, check=True, capture_output=True)
    return image
