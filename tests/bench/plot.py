"""The ratios as a picture: one bar a row, the peer at 1, the goal as a mark."""

from __future__ import annotations

from html import escape
from math import log2

from tests.bench.rows import Row

ROW, LEFT, WIDE, TOP = 26, 430, 520, 40
LEAST, MOST = 1 / 8, 8


def plot(rows: list[Row]) -> str:
    """SVG on its own: readable in light and dark, with words beside every bar."""
    height = TOP + ROW * len(rows) + 30
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDE + 110} {height}" '
        'font-family="sans-serif" font-size="13" role="img" aria-label="How many times as good as each peer">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for factor in (1 / 4, 1 / 2, 1, 2, 4):
        x = _x(factor)
        lines.append(
            f'<line x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{height - 24}" stroke="#{"444" if factor == 1 else "ddd"}"/>'
        )
        lines.append(f'<text x="{x}" y="{TOP - 14}" text-anchor="middle" fill="#444">{factor:g} ×</text>')
    for number, row in enumerate(rows):
        lines += _bar(row, TOP + number * ROW)
    lines.append(
        f'<text x="{_x(1)}" y="{height - 6}" text-anchor="middle" fill="#444">1 × is the peer; right is better</text>'
    )
    return "\n".join([*lines, "</svg>", ""])


def _bar(row: Row, y: int) -> list[str]:
    ratio, low, high = row.ratio, min(row.ratios), max(row.ratios)
    fill = {None: "#8a94a6", True: "#1f7a4d", False: "#b3401a"}[row.is_met]
    begin, end = sorted((_x(1), _x(ratio)))
    word = {None: "", True: " met", False: " missed"}[row.is_met]
    name = escape(f"{row.name} · {row.peer}"[:66])
    drawn = [
        f'<text x="{LEFT - 10}" y="{y + 16}" text-anchor="end" fill="#1a1f2b">{name}</text>',
        f'<rect x="{begin}" y="{y + 5}" width="{max(end - begin, 1)}" height="14" fill="{fill}"/>',
        f'<line x1="{_x(low)}" y1="{y + 12}" x2="{_x(high)}" y2="{y + 12}" stroke="#1a1f2b"/>',
        f'<text x="{LEFT + WIDE + 10}" y="{y + 16}" fill="#1a1f2b">{ratio:.2f} ×{word}</text>',
    ]
    if row.goal is not None:
        x = _x(row.goal)
        drawn.append(
            f'<line x1="{x}" y1="{y + 2}" x2="{x}" y2="{y + 22}" stroke="#1a1f2b" stroke-width="2" '
            'stroke-dasharray="3 2"/>'
        )
    return drawn


def _x(ratio: float) -> int:
    """Doubling is a step of the same width everywhere."""
    at = (log2(min(max(ratio, LEAST), MOST)) - log2(LEAST)) / (log2(MOST) - log2(LEAST))
    return round(LEFT + at * WIDE)
