"""No code path of a running central can delete footage: one function unlinks it, and a command alone calls that."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CENTRAL = ROOT / "central"
DELETING = {"unlink", "remove", "rmtree", "rmdir", "removedirs", "truncate", "ftruncate"}
NO_FOOTAGE = {
    ("alerting/clock_guard.py", "unlink"): "the mark of a doubtful clock",
    ("audit/package.py", "unlink"): "the draft of a package",
    ("custody/object_store.py", "unlink"): "the second name of a part whose bytes are a committed object",
    ("custody/receiving.py", "ftruncate"): "bytes that nobody committed",
    ("data_dir.py", "unlink"): "a draft of a new file",
    ("judging/roster_folder.py", "unlink"): "the note beside a roster that was refused",
    ("measures/keeping.py", "unlink"): "figures that can be counted again",
    ("retention/emptying.py", "unlink"): "footage: the one place",
}
"""Every call in central that takes bytes or names away, and of what."""


def trees() -> dict[str, ast.Module]:
    paths = (path for path in sorted(CENTRAL.rglob("*.py")) if "migrations" not in path.parts)
    return {str(path.relative_to(CENTRAL)): ast.parse(path.read_text()) for path in paths}


def calls(tree: ast.Module) -> set[str]:
    called = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in called}


def test_every_call_that_takes_a_file_away_is_known() -> None:
    found = {(name, word) for name, tree in trees().items() for word in calls(tree) & DELETING}
    known = set(NO_FOOTAGE)
    lists = {(name, word) for name, word in found - known if word == "remove"}
    assert found - known - lists == set(), "say here what it takes away, and that it is no footage"
    assert known <= found
    for name, _ in lists:
        assert "os.remove" not in (CENTRAL / name).read_text(), name


def test_only_emptying_unlinks_and_only_the_command_empties() -> None:
    users = {name for name, tree in trees().items() if calls(tree) & {"unlink_what_is_marked", "_unlink", "bury"}}
    assert users == {"retention/emptying.py"}
    assert {name for name, tree in trees().items() if "empty_bin" in calls(tree)} == {"retention/commands.py"}


@pytest.mark.parametrize("entrance", ["central.wsgi", "central.alerting.worker"])
def test_what_serves_never_even_loads_the_code_that_deletes(entrance: str, tmp_path: Path) -> None:
    """Not by import, nor by a name in a string."""
    look = (
        f"import sys, importlib, django; django.setup(); importlib.import_module({entrance!r});"
        "from django.urls import get_resolver; get_resolver().url_patterns;"
        "print([name for name in sys.modules if name in ('central.retention.emptying', 'central.retention.binning')])"
    )
    env = {"DOCK_CENTRAL_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "central.settings", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", look], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
