"""What the package holds. Whether it installs, upgrades and goes is `make test-deb`'s question."""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from agent import config
from agent.cli.arguments import parser
from debian.build import build
from debian.tree import TO_EDIT, to_edit

ROOT = Path(__file__).resolve().parents[2]
HOME = "usr/lib/dock-agent"


def test_two_builds_of_one_commit_are_the_same_bytes(built: Path, tmp_path: Path) -> None:
    again = build(tmp_path, version="1.2.3", compression="none")
    (first,) = built.glob("*.deb")
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(again.read_bytes()).digest()


def test_it_says_what_it_needs(built: Path) -> None:
    (package,) = built.glob("*.deb")
    said = subprocess.run(["dpkg-deb", "--field", package], capture_output=True, text=True, check=True).stdout
    fields = dict(line.split(": ", 1) for line in said.splitlines() if re.match(r"[A-Z][\w-]+: ", line))
    assert (fields["Package"], fields["Version"], fields["Architecture"]) == ("dock-agent", "1.2.3", "amd64")
    needed = fields["Depends"]
    assert "python3 (>= 3.11), python3 (<< 3.13)" in needed
    assert "udisks2" in needed
    assert "polkitd" in needed


def test_neither_central_nor_simulator_nor_what_they_need_is_inside(tree: Path) -> None:
    inside = {path.name.lower() for path in tree.glob(f"{HOME}/*/*")}
    assert {"agent", "protocol", "requests", "msgspec"} <= inside
    for name in ("central", "simulator", "django", "gunicorn", "hypothesis", "pytest", "tests"):
        assert name not in inside


def test_it_has_what_was_compiled_for_each_python_that_it_serves(tree: Path) -> None:
    for python in ("311", "312"):
        of_this = tree / HOME / f"py{python[0]}.{python[1:]}"
        modules = [path for path in of_this.rglob("*.so") if "abi3" not in path.name]
        assert modules
        assert all(f"cpython-{python}-" in path.name for path in modules)
    assert not [path for path in (tree / HOME / "site").rglob("*.so") if "abi3" not in path.name]


def test_only_the_command_may_be_executed_and_nobody_else_may_write(tree: Path) -> None:
    for path in (tree / "usr").rglob("*"):
        mode = stat.S_IMODE(path.lstat().st_mode)
        is_open = path.is_dir() or path == tree / "usr/bin/dock-agent"
        assert mode == (0o755 if is_open else 0o644), path
    assert not list(tree.rglob("*.pyc"))


def test_the_command_takes_its_own_libraries_only(tree: Path) -> None:
    text = (tree / "usr/bin/dock-agent").read_text()
    assert text.startswith("#!/usr/bin/python3 -IS\n")
    code = text.split("\n", 1)[1].replace("/usr/lib/dock-agent", str(tree / HOME))
    told = "import agent, msgspec, requests, cryptography, sys; print(agent.__file__, msgspec.__file__); sys.exit()"
    code = code.replace("from agent.cli import main", told)
    ran = subprocess.run([sys.executable, "-IS", "-B", "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert all(str(tree) in one for one in ran.stdout.split())


def test_a_python_that_it_does_not_serve_is_named(tree: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "py3.99").mkdir(parents=True)
    code = (tree / "usr/bin/dock-agent").read_text().split("\n", 1)[1].replace("/usr/lib/dock-agent", str(home))
    ran = subprocess.run([sys.executable, "-IS", "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "this package serves 3.99" in ran.stderr


def test_the_configuration_to_edit_lacks_just_what_only_the_site_knows(tree: Path, tmp_path: Path) -> None:
    shipped = (tree / TO_EDIT).read_text()
    assert shipped == to_edit((ROOT / "config/agent.example.toml").read_text())
    edited = tmp_path / "agent.toml"
    edited.write_text(shipped)
    with pytest.raises(config.ConfigError) as refused:
        config.load(edited)
    assert [problem.split(": ")[1] for problem in refused.value.problems] == ["station.id", "central.url"]
    two_lines = shipped.replace('# id = "east-1"', 'id = "east-1"')
    edited.write_text(two_lines.replace('# url = "https://central.example"', 'url = "https://central.example"'))
    loaded = config.load(edited)
    plain = config.Config(config.Station("east-1"), config.Central("https://central.example"))
    assert loaded == plain


def test_the_scripts_need_nothing_that_a_pc_without_documentation_lacks(tree: Path) -> None:
    for name in ("preinst", "postinst", "prerm", "postrm"):
        assert "/usr/share/doc/" not in (tree / "DEBIAN" / name).read_text()
    shown = tree / "usr/share/doc/dock-agent/examples/agent.toml"
    assert (tree / TO_EDIT).read_text() == shown.read_text()


def test_every_command_has_a_page(tree: Path) -> None:
    pages = {path.name.removesuffix(".1.gz"): path for path in (tree / "usr/share/man/man1").iterdir()}
    top = parser()
    commands = next(action.choices for action in top._actions if action.dest == "command")
    assert set(pages) == {"dock-agent", *(f"dock-agent-{name}" for name in commands)}  # type: ignore[union-attr]
    assert ".B enroll" in gzip.decompress(pages["dock-agent"].read_bytes()).decode()


def test_every_library_is_there_with_its_licence(tree: Path) -> None:
    text = (tree / "usr/share/doc/dock-agent/copyright").read_text()
    for folder in (tree / HOME).glob("*/*.dist-info"):
        assert re.search(rf"^Files: .*/{re.escape(folder.name.split('-')[0])}\*$", text, re.MULTILINE), folder.name


def test_the_maintainer_scripts_are_sound_shell(tree: Path) -> None:
    for name in ("preinst", "postinst", "prerm", "postrm"):
        script = tree / "DEBIAN" / name
        assert "@" not in re.sub(r"#.*", "", script.read_text()).replace("$@", "")
        subprocess.run([shutil.which("dash") or "sh", "-n", script], check=True)
