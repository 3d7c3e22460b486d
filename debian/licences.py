"""The package's copyright file: ours, and each bundled library's with its own words."""

from __future__ import annotations

from email.parser import HeaderParser
from pathlib import Path

OURS = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: bwc-dock
Comment: The folders site/ and py3.*/ below /usr/lib/dock-agent also hold the libraries
 named here, unchanged as their authors released them, each under its own licence.

Files: *
Copyright: the bwc-dock maintainers
License: not-yet-chosen
 The maintainers have not published a licence yet. Ask them before you pass this package on.
"""

NAMES = ("licen", "notice", "copying", "authors")


def copyright_file(home: Path) -> str:
    """One paragraph for each library below `home`, with every licence file that its wheel carries."""
    folders = {path.name: path for path in sorted(home.glob("*/*.dist-info"))}
    return "\n".join([OURS, *(_paragraph(folder) for _, folder in sorted(folders.items()))])


def _paragraph(folder: Path) -> str:
    about = HeaderParser().parsestr((folder / "METADATA").read_text("utf-8"))
    name = about["License-Expression"] or about["License"] or _from_classifier(about.get_all("Classifier") or [])
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name.lower().startswith(NAMES))
    words = "\n".join(_indented(path.read_text("utf-8", "replace")) for path in files)
    author = about["Author"] or about["Author-email"] or about["Maintainer"] or f"the authors of {about['Name']}"
    return (
        f"Files: usr/lib/dock-agent/*/{folder.name.split('-')[0]}*\n"
        f"Copyright: {' '.join(author.split())}\n"
        f"License: {' '.join(name.split())} ({about['Name']} {about['Version']})\n{words}\n"
    )


def _from_classifier(classifiers: list[str]) -> str:
    named = [one.split(" :: ")[-1] for one in classifiers if one.startswith("License :: ")]
    return ", ".join(named) or "see below"


def _indented(text: str) -> str:
    return "\n".join(f" {line.rstrip()}" if line.strip() else " ." for line in text.splitlines())
