"""`make conformance`: every row at every server; writes docs/conformance.md. Exits with 1 unless ours holds all."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.conformance.foreign_servers import FOREIGN
from tests.conformance.our_central import OurCentral
from tests.conformance.page import Column, page
from tests.conformance.suite import HOLDS, ROWS, outcome
from tests.upload.foreign import ROOT

PAGE = ROOT / "docs" / "conformance.md"


def main() -> int:
    columns = []
    for kind in (OurCentral, *FOREIGN):
        with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
            columns.append(_asked(kind, Path(folder) / "data"))
    PAGE.write_text(page(columns))
    print(f"written: {PAGE.relative_to(ROOT)}")
    return 0 if all(one == HOLDS for one in columns[0].outcomes) else 1


def _asked(kind: type[OurCentral] | type[object], folder: Path) -> Column:
    """One server through all rows."""
    server = kind(folder)  # type: ignore[call-arg]
    server.start()
    try:
        outcomes = []
        for row in ROWS:
            one = outcome(row, server)
            outcomes.append(one)
            print(f"{server.name}: {row.title}: {one.word}{f' ({one.how})' if one.how else ''}", flush=True)
    finally:
        server.kill()
    return Column(server.name, server.version(), outcomes)


if __name__ == "__main__":
    sys.exit(main())
