"""What one comparison gave: every run of ours beside the run of a peer that was made right after it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run."""

    wall_s: float
    cpu_s: float = 0.0
    """User and system, of the process and of what it started."""
    peak_mib: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `ratio` says how many times as good as the peer we are: the median of the pairs."""

    name: str
    unit: str
    """Of `ours` and `theirs`: MB/s, files/s, CPU s/GiB, s, MiB."""
    ours: tuple[float, ...]
    peer: str
    theirs: tuple[float, ...]
    goal: float | None = None
    """The ratio to reach; None: shown, not judged."""
    more_is_better: bool = True
    note: str = ""

    @property
    def ratios(self) -> tuple[float, ...]:
        """Pair by pair, so that a machine whose speed drifts harms neither side."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return tuple((a / b if self.more_is_better else b / a) if a and b else 0.0 for a, b in pairs)

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def is_met(self) -> bool | None:
        """None without a goal."""
        return None if self.goal is None else self.ratio >= self.goal

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": round(median(self.ours), 4),
            "peer": self.peer,
            "theirs": round(median(self.theirs), 4),
            "ratio": round(self.ratio, 3),
            "spread": [round(min(self.ratios), 3), round(max(self.ratios), 3)],
            "goal": self.goal,
            "met": self.is_met,
            "runs": len(self.ours),
            "note": self.note,
        }


def table(rows: list[Row]) -> str:
    """The rows as people read them."""
    cells = [("", "ours", "peer", "", "ratio", "spread", "goal", "")]
    for row in rows:
        told = row.as_json()
        goal = "" if row.goal is None else f"≥ {row.goal:g}"
        met = {None: "", True: "met", False: "MISSED"}[row.is_met]
        spread = f"{told['spread'][0]:.2f}–{told['spread'][1]:.2f}"
        ours, theirs = f"{_figure(told['ours'])} {row.unit}", _figure(told["theirs"])
        cells.append((row.name, ours, row.peer, theirs, f"{row.ratio:.2f}", spread, goal, met))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
