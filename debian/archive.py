"""What dpkg has to know of the package, and the packing itself."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path

from debian.release import Release

HERE = Path(__file__).resolve().parent
MAINTAINER_SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


def pack(staged: Path, into: Path, *, arch: str, release: Release, compression: str) -> Path:
    """Write the package. Owner, order and every time stamp are fixed; the compressor works with one thread, since how
    many there are would show in the bytes."""
    control = staged / "DEBIAN"
    control.mkdir(mode=0o755)
    size = sum((path.stat().st_size + 1023) // 1024 for path in staged.rglob("*") if path.is_file())
    values = {"version": release.version, "arch": arch, "size": str(size), "maintainer": release.maintainer}
    _write(control / "control", _filled((HERE / "control").read_text(), values), 0o644)
    _write(control / "md5sums", _md5sums(staged), 0o644)
    schema = {"newest_ledger": str(newest_ledger(HERE.parent))}
    for name in MAINTAINER_SCRIPTS:
        _write(control / name, _filled((HERE / "scripts" / name).read_text(), schema), 0o755)
    package = into / f"dock-agent_{release.version}_{arch}.deb"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(release.epoch), "DPKG_DEB_THREADS_MAX": "1"}
    _set_times(staged, release.epoch)
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", f"-Z{compression}", "--build", str(staged), str(package)],
        check=True,
        stdout=subprocess.DEVNULL,
        env=environment,
    )
    return package


def newest_ledger(root: Path) -> int:
    """The version of the ledger's tables that this program writes."""
    return max(int(path.name[:4]) for path in (root / "agent/ledger/migrations").glob("[0-9]*.sql"))


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"@(\w+)@", lambda found: values[found[1]], text)


def _md5sums(staged: Path) -> str:
    files = sorted(path for path in staged.rglob("*") if path.is_file() and "DEBIAN" not in path.parts)
    return "".join(
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(staged)}\n"
        for path in files
    )


def _set_times(staged: Path, epoch: int) -> None:
    for path in [staged, *staged.rglob("*")]:
        os.utime(path, (epoch, epoch), follow_symlinks=False)


def _write(path: Path, text: str, mode: int) -> None:
    path.write_text(text)
    path.chmod(mode)
