"""What a drawing is made of. Lengths are in units of its view box; a `kind` is a class of `drawing.css`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str = ""
    """Said on hover."""
    hatched: bool = False


@dataclass(frozen=True)
class Rule:
    """A straight line."""

    kind: str
    x1: float
    y1: float
    x2: float
    y2: float
    title: str = ""


@dataclass(frozen=True)
class Dot:
    kind: str
    x: float
    y: float
    radius: float
    title: str = ""


@dataclass(frozen=True)
class Label:
    kind: str
    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class Drawing:
    name: str
    """Unique on its page: patterns are named after it."""
    width: float
    height: float
    says: str
    """For who cannot see it: what it shows, in one sentence."""
    boxes: tuple[Box, ...] = ()
    rules: tuple[Rule, ...] = ()
    """Under the boxes."""
    over: tuple[Rule, ...] = ()
    dots: tuple[Dot, ...] = ()
    labels: tuple[Label, ...] = ()
    kind: str = ""
    """A class of its own, where its name is none."""
