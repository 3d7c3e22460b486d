"""The station's snapshot as a page for a terminal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from agent.rules.pace import minutes_words

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


NETWORK = {
    "asking": "dim",
    "slow": "yellow",
    "down": "bold yellow",
    "refused": "bold red",
    "strange": "bold red",
}


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
    if facts["running"]:
        parts += _board(facts["board"])
        parts += _uploads(facts["uploads"]["now"])
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


def _board(board: dict[str, Any]) -> list[RenderableType]:
    """What the bay board says: the bays that are not free each in a row, then the free ones."""
    table = Table(box=None, pad_edge=False)
    for name in ("Bay", "Camera", "", "", "Copied", "Speed", "Left"):
        table.add_column(name, no_wrap=name != "")
    for tile in board["tiles"]:
        if tile["state"] != "free":
            table.add_row(*_row(tile))
    free = [tile["label"] for tile in board["tiles"] if tile["state"] == "free"]
    parts: list[RenderableType] = [Text(board["network"]["words"], style=NETWORK.get(board["network"]["state"], ""))]
    if not board["live"]:
        parts.append(Text(f"NOT LIVE: {board['why_not_live']}", style="bold red"))
    parts.append(table if table.row_count else Text("No camera is docked."))
    if free:
        parts.append(Text(f"○ free: {', '.join(free)}", style="dim"))
    return parts


def _row(tile: dict[str, Any]) -> list[RenderableType]:
    shape, style = SHAPES.get(tile["state"], ("·", ""))
    is_copying = tile["percent"] is not None
    return [
        tile["label"],
        tile["camera"] or "–",
        Text(f"{shape} {tile['state']}", style=style),
        "" if is_copying else tile["detail"],
        ProgressBar(total=100, completed=tile["percent"], width=20) if is_copying else "",
        speed(tile["bytes_per_s"]) if is_copying else "",
        f"{tile['percent']} %, {tile['time_left']}" if is_copying else "",
    ]


def _uploads(uploads: list[dict[str, Any]]) -> list[RenderableType]:
    if not uploads:
        return []
    table = Table(box=None, pad_edge=False)
    for name in ("On the way to central", "", "Speed", "Left"):
        table.add_column(name, no_wrap=True)
    for one in uploads:
        bar = ProgressBar(total=max(one["size"], 1), completed=one["offset"], width=20)
        left = minutes_words(one["eta_s"])
        table.add_row(one["camera"], bar, speed(one["bytes_per_s"]), f"{size(one['size'] - one['offset'])}, {left}")
    return [table]


def speed(bytes_per_s: float | None) -> str:
    """`…`: not known yet."""
    return f"{size(bytes_per_s)}/s" if bytes_per_s else "…"


Said = dict[str, tuple[object, ...]]
"""What was last said of each bay, and of the network."""


def changed_lines(before: Said, facts: dict[str, Any]) -> tuple[list[str], Said]:
    """A line for each bay, and for the network, of which there is something new to say; what was said by now."""
    if not facts["running"]:
        now: Said = {"": ("the agent is not running",)}
        return ([] if before == now else [f"{facts['station']}: the agent is not running"]), now
    board = facts["board"]
    at = datetime.fromisoformat(facts["at"]).astimezone().strftime("%H:%M:%S")
    words = {"": f"{facts['station']}: {board['network']['words']}"}
    now = {"": (board["network"]["state"],)}
    for number, tile in enumerate(board["tiles"]):
        key = tile["bay"] if tile["bay"] not in now else f"{tile['bay']} {number}"
        detail = f" ({tile['detail']})" if tile["detail"] else ""
        words[key] = f"{tile['label']} {tile['camera'] or '–'}: {tile['state']}{detail}"
        progress = tile["detail"] if tile["percent"] is None else tile["percent"] // 10
        now[key] = tile["label"], tile["camera"], tile["state"], progress
    gone = [f"{at} {said[0]}: free" for key, said in before.items() if key and key not in now]
    return gone + [f"{at} {words[key]}" for key in now if before.get(key) != now[key]], now


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
