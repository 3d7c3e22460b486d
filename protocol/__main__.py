"""`python -m protocol` writes the JSON Schemas and samples; with `--check` it tells whether they are stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from protocol.calls import document
from protocol.events import AnyEvent
from protocol.recorded import samples

HERE = Path(__file__).parent


def documents() -> dict[str, str]:
    """Every file this room generates, by its path below `protocol/`."""
    found = {"schemas/openapi.json": _text(document()), "schemas/Event.json": _text(msgspec.json.schema(AnyEvent))}
    for sample in samples():
        name = type(sample).__name__
        found[f"schemas/{name}.json"] = _text(msgspec.json.schema(type(sample)))
        found[f"samples/{name}.json"] = _text(sample)
    return found


def stale() -> list[str]:
    """The generated files that are not what they should be."""
    wanted = documents()
    there = {str(path.relative_to(HERE)) for folder in ("schemas", "samples") for path in (HERE / folder).glob("*")}
    changed = {name for name, text in wanted.items() if name in there and (HERE / name).read_text() != text}
    return sorted((wanted.keys() ^ there) | changed)


def _text(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2).decode() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m protocol", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when files are stale")
    options = parser.parse_args()
    names = stale()
    if options.check:
        print("\n".join(names), file=sys.stderr)
        return 1 if names else 0
    wanted = documents()
    for name in names:
        path = HERE / name
        path.parent.mkdir(exist_ok=True)
        if name in wanted:
            path.write_text(wanted[name])
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
