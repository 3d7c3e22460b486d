"""What one mail shows, before it is text and HTML: both say the same, in the same order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from django.template import Context, Engine

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Link:
    words: str
    url: str


@dataclass(frozen=True)
class Card:
    """One camera, one unit, or one thing that IT is told of."""

    title: str
    beside: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    link: Link | None = None


@dataclass(frozen=True)
class Section:
    cards: tuple[Card, ...]
    heading: str = ""
    tone: str = "open"
    """`open`, `done` or `plain`: the colour of its edge. Nothing is said by colour alone."""


@dataclass(frozen=True)
class Page:
    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...] = ()
    do: str = ""
    links: tuple[Link, ...] = ()
    after: tuple[str, ...] = ()
    """When the next mails come, and what could not be judged."""
    footer: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return _render("mail.txt", self)

    @property
    def html(self) -> str:
        return _render("mail.html", self)


def link(words: str, base_url: str, *path: str) -> Link | None:
    """A link to a page of central, or nothing where central has no address for people."""
    if not base_url:
        return None
    return Link(
        words, base_url.rstrip("/") + "".join(f"/{quote(part, safe='', errors='replace')}" for part in path) + "/"
    )


def links(*found: Link | None) -> tuple[Link, ...]:
    return tuple(one for one in found if one is not None)


def _render(template: str, page: Page) -> str:
    escapes = template.endswith(".html")
    return _engine(escapes).get_template(template).render(Context({"page": page}, autoescape=escapes))


@cache
def _engine(escapes: bool) -> Engine:
    """An engine of our own: these are mails, and no page of central may include or shadow them."""
    return Engine(dirs=[str(_TEMPLATES)], autoescape=escapes)
