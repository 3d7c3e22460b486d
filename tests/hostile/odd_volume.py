"""A file system that no healthy camera has, as a FUSE mount over an ordinary folder: a program, and its handle.

What is odd is read from a JSON file before every listing: {"loop": true, "shifts": 7, "phantoms": 2}.
loop      every folder seems to hold `LOOP`, which is the root again
shifts    each listing shows a random part of each folder, chosen from this seed and a count of the listings
phantoms  each listing names so many files that are not there
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests import leaving_nothing

ROOT = Path(__file__).resolve().parents[2]
LOOP = "LOOP"
TIMES = ("st_mtime", "st_atime", "st_ctime")
FACTS = ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid")


class OddVolume:
    """Mounts `folder` at `mount`; `be()` changes what is odd from now on."""

    def __init__(self, folder: Path, mount: Path) -> None:
        self.mount = mount
        self._oddities = mount.with_suffix(".odd")
        self.be()
        mount.mkdir()
        command = [sys.executable, "-m", "tests.hostile.odd_volume", str(folder), str(mount), str(self._oddities)]
        quiet = subprocess.DEVNULL
        self._process = leaving_nothing.start(command, cwd=ROOT, stdout=quiet, stderr=quiet)
        deadline = time.monotonic() + 30
        while not os.path.ismount(mount):
            assert self._process.poll() is None, "the odd volume ended while it was mounted"
            assert time.monotonic() < deadline, "the odd volume was not mounted in time"
            time.sleep(0.02)

    def be(self, **oddities: Any) -> None:
        written = self._oddities.with_suffix(".new")
        written.write_text(json.dumps(oddities))
        written.rename(self._oddities)

    def close(self) -> None:
        subprocess.run(["fusermount3", "-u", "-z", str(self.mount)], check=False, stderr=subprocess.DEVNULL)
        self._process.kill()
        self._process.wait(10)


def serve(folder: str, mount: str, oddities: str) -> None:
    import mfusepy

    listings = itertools.count()

    class Volume(mfusepy.Operations):  # type: ignore[misc]
        use_ns = True

        def below(self, path: str) -> str:
            return folder + "/" + "/".join(part for part in path.split("/") if part not in ("", LOOP))

        def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
            found = os.lstat(self.below(path))
            return {name: getattr(found, name) for name in FACTS} | {
                name: getattr(found, name + "_ns") for name in TIMES
            }

        def readdir(self, path: str, fh: int) -> list[str]:
            odd = json.loads(Path(oddities).read_text())
            names = sorted(entry.name for entry in Path(self.below(path)).iterdir())
            if "shifts" in odd:
                chance = random.Random(f"{odd['shifts']}-{next(listings)}")
                names = [name for name in names if chance.random() < 0.6]
                names += [f"phantom {chance.random()}.mp4" for _ in range(odd.get("phantoms", 0))]
                chance.shuffle(names)
            return [".", "..", *names, *([LOOP] if odd.get("loop") else [])]

        def open(self, path: str, flags: int) -> int:
            return os.open(self.below(path), flags & ~os.O_NOFOLLOW)

        def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
            return os.pread(fh, size, offset)

        def unlink(self, path: str) -> None:
            Path(self.below(path)).unlink()

        def rmdir(self, path: str) -> None:
            raise mfusepy.FuseOSError(errno.EPERM)

        def release(self, path: str, fh: int) -> int:
            os.close(fh)
            return 0

        def statfs(self, path: str) -> dict[str, int]:
            found = os.statvfs(folder)
            return {name: getattr(found, name) for name in dir(found) if name.startswith("f_") and name != "f_fsid"}

    mfusepy.FUSE(Volume(), mount, foreground=True, nothreads=False, attr_timeout=0, entry_timeout=0, fsname="odd")


if __name__ == "__main__":
    serve(*sys.argv[1:4])
