"""The station's snapshot as a page for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

SHAPES = {
    "free": ("○", "dim"),
    "identifying": ("…", "cyan"),
    "do not remove": ("■", "bold red"),
    "may be taken": ("▲", "yellow"),
    "safe to remove": ("●", "bold green"),
    "leave in bay": ("◆", "bold magenta"),
    "put back": ("!", "bold red"),
    "not our camera": ("?", "magenta"),
    "use another bay": ("×", "bold red"),
}
"""Shape, then colour: nobody has to tell red from green."""


def size(number: float) -> str:
    """Bytes for people."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(number) < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def render(facts: dict[str, Any]) -> RenderableType:
    """Bays first, then queue and spool, then what needs a person."""
    parts: list[RenderableType] = [_headline(facts)]
    if facts["bays"]:
        parts.append(_bays(facts["bays"]))
    elif facts["running"]:
        parts.append(Text("No camera is docked."))
    parts.append(_queue(facts))
    parts += _not_seen(facts)
    if facts.get("quarantined"):
        parts.append(_quarantine(facts["quarantined"]))
    parts += [Text(line, style="bold red") for line in _history(facts)]
    return Group(*parts)


def _history(facts: dict[str, Any]) -> list[str]:
    """Where this station's history and central's are not one."""
    lines = []
    if facts.get("fork"):
        lines.append(f"History: central refuses this ledger: {facts['fork']} See docs/recovery.md.")
    elif facts.get("follows"):
        lines.append(f"History: {facts['follows']}. Two PCs as one station, or an old disk? See docs/recovery.md.")
    elif facts.get("ledger", {}).get("rebuilt"):
        why = facts["ledger"]["rebuilt_because"] or "lost"
        lines.append(f"History: this ledger was begun anew ({why}); what came before is at central.")
    if facts.get("central_went_back"):
        lines.append(
            "Central holds less than it once confirmed: it was restored from a copy. Nothing is erased or released "
            "until somebody runs `dock-central epoch raise` there."
        )
    for line in facts.get("events_withheld", []):
        lines.append(f"Central refuses event {line}. Its hash was sent, the event is kept here.")
    if parked := facts.get("central", {}).get("events_parked"):
        lines.append(f"Central keeps {parked} events of this station that it does not understand (its station page).")
    return lines


def _headline(facts: dict[str, Any]) -> Text:
    if not facts["running"]:
        return Text(f"{facts['station']}: the agent is not running; this is what its ledger says.", style="yellow")
    central = facts["central"]
    reach = "central answers" if central["reachable"] else "central is away (docking counts; footage waits here)"
    if central.get("trouble") == "auth_refused":
        reach = (
            "CENTRAL REFUSES THIS PC's CREDENTIAL (nothing is erased; footage waits here). Was this PC replaced? "
            "Then take its spool to the new one, see docs/recovery.md. Else enroll it again"
        )
    return Text(f"{facts['station']}: {reach}; {central['events_unsent']} events to send.")


def _bays(bays: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("Bay", "Camera", "", "Copied", "Doing"):
        table.add_column(name)
    for bay in bays:
        shape, style = SHAPES.get(bay["says"], ("·", ""))
        total = max(bay["bytes"], 1)
        done = (
            min(bay["bytes_copied"] + bay["file_done"], total) if bay["doing"] == "copying" else bay["bytes_copied"]
        )
        doing = f"{bay['doing'] or ''} {bay['file'] or ''}".strip() or (bay["note"] or "")
        table.add_row(
            bay["label"],
            bay["camera"] or "–",
            Text(f"{shape} {bay['says']}", style=style),
            ProgressBar(total=total, completed=min(done, total), width=20),
            doing,
        )
    return table


def _queue(facts: dict[str, Any]) -> Text:
    queue, assets = facts["queue"], facts["assets"]
    states = ", ".join(f"{count} {name}" for name, count in assets.items() if count) or "none yet"
    text = f"Assets: {states}. Waiting for a receipt: {queue['files']} files, {size(queue['bytes'])}."
    if queue["oldest_unreceipted_at"]:
        text += f" Oldest: {queue['oldest_unreceipted_at']}."
    if spool := facts.get("spool"):
        text += f" Spool: {size(spool['free'])} free, {size(spool['min_free'])} are kept free."
    return Text(text)


def _quarantine(assets: list[dict[str, Any]]) -> Table:
    table = Table(title="Needs a person (then `dock-agent retry ASSET`)", title_justify="left", box=None)
    for name in ("Asset", "Camera", "File", "Reason"):
        table.add_column(name)
    for asset in assets:
        table.add_row(asset["asset"], asset["camera"], asset["path"], asset["reason"])
    return table


def _not_seen(facts: dict[str, Any]) -> list[RenderableType]:
    """The roster's age, then which cameras this station would report, or reported, as not seen here."""
    roster = facts.get("roster")
    if roster is None:
        return [Text("Roster: none yet; no camera is missed here.")]
    age = "its age is not known" if roster["age_s"] is None else f"confirmed by central {ago(roster['age_s'])} ago"
    lines: list[RenderableType] = [Text(f"Roster: {roster['shifts']} shifts, {age}.")]
    awaited, reported = facts["not_seen"]["awaited"], facts["not_seen"]["reported"]
    open_reports = [shift for shift in reported if shift["docked_at"] is None]
    if awaited or open_reports:
        table = Table(title="Not seen here since their shift's end", title_justify="left", box=None)
        for name in ("Camera", "Shift", "Ended", "Deadline", ""):
            table.add_column(name)
        for shift in [*awaited, *open_reports]:
            state = "reported" if shift in open_reports else "would be reported"
            table.add_row(shift["camera"], shift["shift"], shift["ended_at"], shift["deadline_at"], state)
        lines.append(table)
    return lines


def ago(seconds: float) -> str:
    """A span for people."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
