"""A camera's file system with faults, as a FUSE mount over an ordinary folder: a program of its own, and its handle.

The faults are read from a JSON file before every call: {"mode": "eio", "match": "/DCIM/*", "after": 65536}.
Modes: ok · eio (reads beyond `after`) · eio_list (of folders) · eio_sync · gone (ENODEV everywhere) · hang (reads) ·
crawl (reads, together at `rate` bytes/s) · gone_at (ENODEV everywhere from the first read beyond `after` on) ·
hang_sync (fsync).
"""

from __future__ import annotations

import errno
import fnmatch
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests import leaving_nothing

ROOT = Path(__file__).resolve().parents[2]

TIMES = ("st_mtime", "st_atime", "st_ctime")
CATCH_UP_S = 0.05
FACTS = ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid")


class FuseCamera:
    """Mounts `folder` at `mount`; `fault()` changes what goes wrong from now on."""

    def __init__(self, folder: Path, mount: Path, **fault: Any) -> None:
        """`fault` holds from the first moment; without one nothing goes wrong."""
        self.mount = mount
        self._faults = mount.with_suffix(".faults")
        self.fault(**(fault or {"mode": "ok"}))
        mount.mkdir()
        command = [sys.executable, "-m", "tests.card.fuse_camera", str(folder), str(mount), str(self._faults)]
        quiet = subprocess.DEVNULL
        self._process = leaving_nothing.start(command, cwd=ROOT, stdout=quiet, stderr=quiet)
        deadline = time.monotonic() + 30
        while not os.path.ismount(mount):
            assert self._process.poll() is None, "the FUSE camera ended while it was mounted"
            assert time.monotonic() < deadline, "the FUSE camera was not mounted in time"
            time.sleep(0.02)

    def fault(self, **fault: Any) -> None:
        written = self._faults.with_suffix(".new")
        written.write_text(json.dumps(fault))
        written.rename(self._faults)

    def close(self) -> None:
        """Ends also those who hang in it: their reads fail when the file system ends."""
        self._process.kill()
        self._process.wait(10)
        subprocess.run(["fusermount3", "-u", "-z", str(self.mount)], check=False, stderr=subprocess.DEVNULL)

    def pull(self) -> None:
        """As a person does it: the camera's folder is no longer there."""
        self.close()
        self.mount.rmdir()


def serve(folder: str, mount: str, faults: str) -> None:
    import mfusepy

    class Camera(mfusepy.Operations):  # type: ignore[misc]
        use_ns = True
        reading = threading.Lock()
        is_gone = False
        due = 0.0

        def fault(self, path: str) -> dict[str, Any]:
            fault: dict[str, Any] = json.loads(Path(faults).read_text())
            self.is_gone = self.is_gone and fault["mode"] == "gone_at"
            if fault["mode"] == "gone" or self.is_gone:
                raise mfusepy.FuseOSError(errno.ENODEV)
            return fault if fnmatch.fnmatch(path, fault.get("match", "*")) else {"mode": "ok"}

        def below(self, path: str) -> str:
            self.fault(path)
            return folder + path

        def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
            found = os.lstat(self.below(path))
            return {name: getattr(found, name) for name in FACTS} | {
                name: getattr(found, name + "_ns") for name in TIMES
            }

        def readdir(self, path: str, fh: int) -> list[str]:
            if self.fault(path)["mode"] == "eio_list":
                raise mfusepy.FuseOSError(errno.EIO)
            return [".", "..", *(entry.name for entry in Path(folder + path).iterdir())]

        def open(self, path: str, flags: int) -> int:
            return os.open(self.below(path), flags & ~os.O_NOFOLLOW)

        def create(self, path: str, mode: int, fi: Any = None) -> int:
            return os.open(self.below(path), os.O_RDWR | os.O_CREAT, mode)

        def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
            fault = self.fault(path)
            if fault["mode"] == "eio" and offset + size > fault["after"]:
                raise mfusepy.FuseOSError(errno.EIO)
            if fault["mode"] == "gone_at" and offset + size > fault["after"]:
                self.is_gone = True
                raise mfusepy.FuseOSError(errno.ENODEV)
            while self.fault(path)["mode"] == "hang":
                time.sleep(0.02)
            if fault["mode"] == "crawl":
                with self.reading:
                    # What a read took besides is made up for by the next ones: the rate is that of the card.
                    now = time.monotonic()
                    self.due = max(self.due, now - CATCH_UP_S) + size / fault["rate"]
                    time.sleep(max(0.0, self.due - now))
            return os.pread(fh, size, offset)

        def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
            return os.pwrite(fh, data, offset)

        def fsync(self, path: str, datasync: int, fh: int) -> int:
            while self.fault(path)["mode"] == "hang_sync":
                time.sleep(0.02)
            if self.fault(path)["mode"] == "eio_sync":
                raise mfusepy.FuseOSError(errno.EIO)
            return 0

        def truncate(self, path: str, length: int, fh: int | None = None) -> None:
            os.truncate(self.below(path), length)

        def chmod(self, path: str, mode: int) -> None:
            Path(self.below(path)).chmod(mode)

        def unlink(self, path: str) -> None:
            Path(self.below(path)).unlink()

        def rename(self, old: str, new: str) -> None:
            Path(self.below(old)).rename(self.below(new))

        def release(self, path: str, fh: int) -> int:
            os.close(fh)
            return 0

        def statfs(self, path: str) -> dict[str, int]:
            found = os.statvfs(self.below("/"))
            return {name: getattr(found, name) for name in dir(found) if name.startswith("f_") and name != "f_fsid"}

    mfusepy.FUSE(Camera(), mount, foreground=True, nothreads=False, attr_timeout=0, entry_timeout=0, fsname="camera")


if __name__ == "__main__":
    serve(*sys.argv[1:4])
