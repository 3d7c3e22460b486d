"""A drawing as the text of an SVG element. Everything that people or stations named is escaped here."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from central.dashboard.drawing.shapes import Box, Dot, Drawing, Label, Rule


def svg_of(drawing: Drawing) -> str:
    """The element, safe to put into a page. Its `name` must be unique on that page."""
    return "\n".join(_lines(drawing))


def _lines(drawing: Drawing) -> Iterator[str]:
    name = escape(drawing.name)
    yield (
        f'<svg class="drawing {escape(drawing.kind) or name}" viewBox="0 0 {drawing.width:g} {drawing.height:g}" '
        f'role="img" aria-label="{escape(drawing.says)}">'
    )
    if any(box.hatched for box in drawing.boxes):
        yield (
            f'<defs><pattern id="hatch-{name}" width="6" height="6" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><rect class="hatch-back" width="6" height="6"/>'
            '<line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>'
        )
    yield from map(_rule, drawing.rules)
    yield from (_box(box, name) for box in drawing.boxes)
    yield from map(_rule, drawing.over)
    yield from map(_dot, drawing.dots)
    yield from map(_label, drawing.labels)
    yield "</svg>"


def _rule(one: Rule) -> str:
    ends = f'x1="{one.x1:g}" y1="{one.y1:g}" x2="{one.x2:g}" y2="{one.y2:g}"'
    return f'<line class="{escape(one.kind)}" {ends}>{_title(one.title)}</line>'


def _box(one: Box, name: str) -> str:
    fill = f' fill="url(#hatch-{name})"' if one.hatched else ""
    place = f'x="{one.x:g}" y="{one.y:g}" width="{one.width:g}" height="{one.height:g}"'
    return f'<rect class="{escape(one.kind)}" {place} rx="3"{fill}>{_title(one.title)}</rect>'


def _dot(one: Dot) -> str:
    place = f'cx="{one.x:g}" cy="{one.y:g}" r="{one.radius:g}"'
    return f'<circle class="{escape(one.kind)}" {place}>{_title(one.title)}</circle>'


def _label(one: Label) -> str:
    place = f'x="{one.x:g}" y="{one.y:g}" text-anchor="{one.anchor}"'
    return f'<text class="{escape(one.kind)}" {place}>{escape(one.text)}</text>'


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""
