"""`make deb`: stage the tree, describe it, pack it; the same commit always gives the same bytes."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from debian import archive, release, site_packages, tree

ROOT = Path(__file__).resolve().parent.parent


def build(into: Path, *, arch: str = "amd64", version: str = "", compression: str = "xz") -> Path:
    """The package file in `into`, which is made when missing.

    Raises:
        subprocess.CalledProcessError: a wheel is missing, or dpkg-deb refused.
    """
    made = release.of(ROOT, version)
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="dock-agent-deb-") as folder:
        staged = Path(folder) / "tree"
        libraries = site_packages.gather(ROOT, Path(folder) / "wheels", arch)
        tree.stage(ROOT, staged, libraries, made)
        into.mkdir(parents=True, exist_ok=True)
        return archive.pack(staged, into, arch=arch, release=made, compression=compression)


def main() -> int:
    words = argparse.ArgumentParser(prog="make deb", description="Builds dist/dock-agent_VERSION_ARCH.deb.")
    words.add_argument("--into", type=Path, default=ROOT / "dist", help="where the package goes (default dist/)")
    words.add_argument("--arch", choices=sorted(site_packages.PLATFORMS), default="amd64")
    words.add_argument("--version", default="", help="another version than the commit's (for tests of upgrades)")
    words.add_argument("--compression", choices=("xz", "gzip", "none"), default="xz")
    chosen = words.parse_args()
    if shutil.which("dpkg-deb") is None:
        print("make deb: dpkg-deb is missing; on Debian and Ubuntu it is always there", file=sys.stderr)
        return 1
    print(build(chosen.into, arch=chosen.arch, version=chosen.version, compression=chosen.compression))
    return 0


if __name__ == "__main__":
    sys.exit(main())
