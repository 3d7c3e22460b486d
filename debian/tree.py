"""Every file of the package at its place, with its mode."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

from debian import licences, manual
from debian.release import Release
from debian.site_packages import Libraries

HOME = "usr/lib/dock-agent"
DOC = "usr/share/doc/dock-agent"
TO_EDIT = "usr/share/dock-agent/agent.toml"
"""What postinst puts into /etc. Not below /usr/share/doc: a PC may be set up to install no documentation."""
SYSTEMD = "usr/lib/systemd/system"
SHIPPED = ("agent", "protocol")
"""The distribution's rooms that a dock PC needs: never central, never the simulator."""

IT_PAGES = ("installing.md", "operations.md", "recovery.md", "reference.md", "board.md", "network.md")


def stage(root: Path, staged: Path, libraries: Libraries, release: Release) -> None:
    """Fill `staged`, which must not exist."""
    site = staged / HOME / "site"
    shutil.copytree(libraries.site, site)
    for python, folder in libraries.of.items():
        shutil.copytree(folder, staged / HOME / f"py{python}")
    _place_program(root, site)
    _put(root / "debian/dock-agent", staged / "usr/bin/dock-agent", 0o755)
    _place_system_files(root, staged)
    _place_pages(root, staged, release)
    _write(staged / DOC / "copyright", licences.copyright_file(staged / HOME))
    _write(staged / "usr/share/lintian/overrides/dock-agent", (root / "debian/lintian-overrides").read_text())
    for path in staged.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path == staged / "usr/bin/dock-agent" else 0o644)


def _place_program(root: Path, site: Path) -> None:
    """What git knows of the shipped rooms: no stray file of a work tree travels."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", *SHIPPED, "config/profiles"], capture_output=True, check=True
    )
    for name in listed.stdout.decode().split("\0"):
        if not name or name.endswith(".md") or not (root / name).exists():
            continue
        inside = re.sub(r"^config/profiles/", "agent/shipped_profiles/", name)
        _put(root / name, site / inside)


def _place_system_files(root: Path, staged: Path) -> None:
    """Units and rules, as they lie in systemd/."""
    systemd = root / "systemd"
    _put(systemd / "dock-agent.service", staged / SYSTEMD / "dock-agent.service")
    for kind, place in (
        ("sysusers/dock-agent.conf", "usr/lib/sysusers.d"),
        ("tmpfiles/dock-agent.conf", "usr/lib/tmpfiles.d"),
        ("udev/*.rules", "usr/lib/udev/rules.d"),
        ("polkit/*.rules", "usr/share/polkit-1/rules.d"),
    ):
        for path in sorted(systemd.glob(kind)):
            _put(path, staged / place / path.name)


def _place_pages(root: Path, staged: Path, release: Release) -> None:
    for name in IT_PAGES:
        if (root / "docs" / name).exists():
            _put(root / "docs" / name, staged / DOC / name)
    example = to_edit((root / "config/agent.example.toml").read_text())
    _write(staged / TO_EDIT, example)
    _write(staged / DOC / "examples/agent.toml", example)
    _zip(staged / DOC / "changelog.gz", _changelog(root, release))
    for name, page in manual.pages(release).items():
        _zip(staged / "usr/share/man/man1" / f"{name}.1.gz", page)
    _write(staged / "usr/share/bash-completion/completions/dock-agent", manual.completion())


def to_edit(example: str) -> str:
    """The example with every value commented out, so that the two that a site must choose are missed, not guessed."""
    lines = []
    for line in example.splitlines():
        is_value = (bool(line) and not line.startswith(("#", "["))) or line.startswith("[[")
        lines.append(f"# {line}" if is_value else line)
    return "\n".join(lines) + "\n"


def _changelog(root: Path, release: Release) -> str:
    """In Debian's form: what changed, as the project's own list has it."""
    first = (root / "CHANGELOG.md").read_text().split("\n## ")[1]
    body = "\n".join(_folded(line) for line in _entries(first))
    date = release.at.strftime("%a, %d %b %Y %H:%M:%S +0000")
    return f"dock-agent ({release.version}) stable; urgency=medium\n\n{body}\n\n -- {release.maintainer}  {date}\n"


def _entries(section: str) -> list[str]:
    """The list's items, each on one line with its indentation."""
    items: list[str] = []
    for line in section.splitlines()[1:]:
        if line.lstrip().startswith("- "):
            items.append(line)
        elif line.strip() and items:
            items[-1] += f" {line.strip()}"
    return items


def _folded(item: str) -> str:
    depth = (len(item) - len(item.lstrip())) // 2
    bullet = "  " * (depth + 1) + "*-+"[min(depth, 2)] + " "
    return textwrap.fill(
        item.lstrip()[2:],
        width=78,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _put(source: Path, target: Path, mode: int = 0o644) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def _write(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def _zip(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
