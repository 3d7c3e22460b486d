"""What a monitoring system is told of a station: a level, words, and figures. Facts in, judgement out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

OF_CENTRAL = frozenset({"heartbeat", "outbox"})
"""Loops that complete no round while central is away: that is a figure of its own."""


class Level(IntEnum):
    """The exit codes that Nagios and its like understand."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Bounds:
    """From where on a figure is a warning, and critical. `low`: it is when the figure falls below them."""

    warn: float
    crit: float
    low: bool = False

    def level(self, figure: float) -> Level:
        if figure < self.crit if self.low else figure >= self.crit:
            return Level.CRITICAL
        if figure < self.warn if self.low else figure >= self.warn:
            return Level.WARNING
        return Level.OK


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Seconds, bytes, files and days."""

    loop_age: Bounds = Bounds(120, 300)
    disk: Bounds | None = None
    """Free bytes of the spool's disk; None: twice `[spool] min_free`, and `min_free` itself."""
    oldest: Bounds = Bounds(24 * 3600, 72 * 3600)
    quarantined: Bounds = Bounds(1, 10)
    central: Bounds = Bounds(15 * 60, 4 * 3600)
    clock: Bounds = Bounds(60, 300)
    roster_age: Bounds = Bounds(24 * 3600, 72 * 3600)
    credential: Bounds = Bounds(14, 3, low=True)


@dataclass(frozen=True, slots=True)
class StationFacts:
    """What is known of a running agent. None where nobody can say: that is not judged."""

    summary: str
    loop_ages_s: dict[str, float] = field(default_factory=dict)
    disk_free: int = 0
    disk_min_free: int = 0
    oldest_s: float | None = None
    """Since the oldest file without a receipt was first seen; None: there is none."""
    quarantined: int = 0
    unanswered_s: float | None = 0.0
    """Since central last answered, while it does not; 0: it answers; None: it never answered."""
    clock_offset_s: float | None = None
    roster_age_s: float | None = None
    credential_days: float | None = None
    hung: Sequence[str] = ()
    config_problems: int = 0
    history_trouble: str = ""
    """A fork, or a central that went back; empty: none."""


@dataclass(frozen=True, slots=True)
class Judgement:
    level: Level
    words: str
    """Empty when all is well."""
    perfdata: str = ""


def not_running(last_sign: str) -> Judgement:
    """`last_sign`: when it last wrote its status; empty: never."""
    since = f"; its last sign of life is of {last_sign}" if last_sign else "; it never ran here"
    return Judgement(
        Level.CRITICAL,
        f"the agent does not run{since}. Docked cameras are not read, and nothing is lost. "
        "Look at `systemctl status dock-agent`",
    )


def standing_still(last_sign: str) -> Judgement:
    """An agent runs and writes no status any more."""
    return Judgement(
        Level.CRITICAL,
        f"the agent runs, but its last sign of life is of {last_sign}: part of it hangs, or its disk fails. "
        "Look at its log and at `dock-agent doctor`; a restart loses nothing",
    )


def judge(facts: StationFacts, limits: Thresholds) -> tuple[Judgement, ...]:
    """Everything worth a word and every figure, the gravest first."""
    return tuple(sorted(_judgements(facts, limits), key=lambda one: -one.level))


def line(judgements: Sequence[Judgement], summary: str) -> tuple[Level, str]:
    """One line as monitoring systems read it: level, words, figures."""
    level = max((one.level for one in judgements), default=Level.OK)
    words = "; ".join(one.words for one in judgements if one.words)
    told = "; ".join(text for text in (words, summary) if text).replace("|", "/").replace("\n", " ")
    figures = " ".join(one.perfdata for one in judgements if one.perfdata)
    return level, f"DOCK {level.name} - {told}" + (f" | {figures}" if figures else "")


def _judgements(facts: StationFacts, limits: Thresholds) -> Iterator[Judgement]:
    disk = limits.disk or Bounds(2 * facts.disk_min_free, facts.disk_min_free, low=True)
    own = {name: age for name, age in facts.loop_ages_s.items() if name not in OF_CENTRAL}
    name, age = max(own.items(), key=lambda pair: pair[1], default=("", 0.0))
    yield _figure("loop_age", age, limits.loop_age, "s", f"loop {name} completed no round for {span(age)}")
    yield _figure("disk_free", facts.disk_free, disk, "B", f"{facts.disk_free / 2**30:.1f} GiB of disk left")
    oldest = facts.oldest_s or 0.0
    yield _figure("oldest", oldest, limits.oldest, "s", f"a file waits for its receipt since {span(oldest)}")
    yield _figure("quarantined", facts.quarantined, limits.quarantined, "", f"{facts.quarantined} files put aside")
    if facts.unanswered_s is None:
        yield Judgement(Level.CRITICAL, "central never answered")
    else:
        away = facts.unanswered_s
        yield _figure("central_away", away, limits.central, "s", f"central does not answer since {span(away)}")
    if facts.clock_offset_s is not None:
        off = abs(facts.clock_offset_s)
        yield _figure("clock_offset", off, limits.clock, "s", f"the clock is {span(off)} off central's")
    if facts.roster_age_s is not None:
        yield _figure(
            "roster_age", facts.roster_age_s, limits.roster_age, "s", f"the roster is {span(facts.roster_age_s)} old"
        )
    if facts.credential_days is not None:
        days = facts.credential_days
        yield _figure("credential_days", days, limits.credential, "", f"the credential is good for {days:.0f} days")
    if facts.hung:
        yield Judgement(Level.CRITICAL, f"hung: {', '.join(facts.hung)}")
    if facts.history_trouble:
        yield Judgement(Level.CRITICAL, facts.history_trouble)
    if facts.config_problems:
        yield Judgement(Level.WARNING, "the new configuration was refused, the old one counts")


def _figure(name: str, figure: float, bounds: Bounds, unit: str, words: str) -> Judgement:
    level = bounds.level(figure)
    colon = ":" if bounds.low else ""
    data = f"{name}={figure:g}{unit};{bounds.warn:g}{colon};{bounds.crit:g}{colon}"
    if unit == "B":
        data = f"{name}={int(figure)}B;{int(bounds.warn)}{colon};{int(bounds.crit)}{colon}"
    return Judgement(level, words if level else "", data)


def span(seconds: float) -> str:
    """`45 s`, `12 min`, `5.5 h`, `3 days`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"
