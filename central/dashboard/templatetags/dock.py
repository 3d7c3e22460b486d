"""Instants, spans and words in templates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from central.dashboard.drawing.shapes import Drawing
from central.dashboard.drawing.svg import svg_of
from central.dashboard.words import MEANINGS, SHADES, Labels, bay_words, plainly, spelled

register = template.Library()
NOTHING = SafeString('<span class="none">–</span>')


@register.simple_tag
def moment(at: datetime | None, *, exact: bool = False) -> SafeString:
    """The instant in the site's zone, `Tue Oct 7, 06:30`; UTC to the second in its title. `exact` shows seconds, and
    the zone's abbreviation, which tells apart the hour that a night in autumn has twice."""
    if not at:  # also a name that the template does not know
        return NOTHING
    local = _local(at)
    clock_time = f"{local:%H:%M:%S %Z}" if exact else f"{local:%H:%M}"
    shown = f"{local:%a %b} {local.day}, {clock_time}"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.astimezone(UTC).isoformat(), _in_utc(at), shown)


def _local(at: datetime) -> datetime:
    try:
        return timezone.localtime(at)
    except OverflowError:  # a station may say the year 1 or 9999; a page must open all the same
        return at.astimezone(UTC)


@register.simple_tag
def stamp(at: datetime | None) -> SafeString:
    """The instant as rows of a log show it, `2026-10-07 06:30:12`, in the site's zone; UTC in its title."""
    if not at:  # also a name that the template does not know
        return NOTHING
    local = _local(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.astimezone(UTC).isoformat(),
        _in_utc(at),
        f"{local:%Y-%m-%d %H:%M:%S}",
    )


@register.simple_tag
def ago(at: datetime | None, now: datetime) -> str:
    """How long before `now`: `3 h 12 min`."""
    return "–" if not at else spelled(now - at)


@register.filter(name="spelled")
def spelled_filter(value: timedelta | float | None) -> str:
    """A span, or so many seconds, in words."""
    if value is None or value == "":
        return "–"
    return spelled(value if isinstance(value, timedelta) else timedelta(seconds=value))


@register.filter(name="percent")
def percent_filter(share: float) -> str:
    """A share in percent; one that is not whole is never rounded up to the whole."""
    return f"{min(100 * share, 99.9 if share < 1 else 100.0):.1f} %"


@register.filter(name="plainly")
def plainly_filter(name: str) -> str:
    return plainly(name)


@register.simple_tag
def draw(drawing: Drawing) -> SafeString:
    """The drawing as inline SVG."""
    return SafeString(svg_of(drawing))


@register.simple_tag
def place(station: str, bay: str, labels: Labels) -> str:
    """A station and its bay by the label that IT gave it."""
    return f"{station} {bay_words(station, bay, labels)}"


@register.simple_tag
def pill(name: str, words: str = "") -> SafeString:
    """A verdict or a condition as a pill: a shape, a colour and the word."""
    return format_html(
        '<span class="pill {}" title="{}">{}</span>',
        SHADES.get(name, "dull"),
        MEANINGS.get(name, ""),
        words or plainly(name),
    )


def _in_utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
