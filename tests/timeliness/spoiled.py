"""The rule with one mistake in it, as a package of its own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import central.timeliness
from tests.timeliness.asking import Rule

HOME = Path(central.timeliness.__file__).parent


@contextmanager
def spoiled_rule(folder: Path, module: str, right: str, wrong: str) -> Iterator[Rule]:
    """The rule with `right` replaced by `wrong` in that module; what it must replace has to be there, once."""
    name = f"spoiled_{abs(hash((module, right, wrong)))}"
    package = folder / name
    package.mkdir()
    for source in HOME.glob("*.py"):
        text = source.read_text()
        if source.stem == module:
            assert text.count(right) == 1, f"{module}.py says {right!r} {text.count(right)} times"
            text = text.replace(right, wrong)
        (package / source.name).write_text(text.replace("central.timeliness", name))
    sys.path.insert(0, str(folder))
    try:
        modules = [importlib.import_module(f"{name}.{part}") for part in ("duty", "facts", "judgement", "policy")]
        yield Rule(*modules)
    finally:
        sys.path.remove(str(folder))
        for loaded in [one for one in sys.modules if one.split(".")[0] == name]:
            del sys.modules[loaded]
