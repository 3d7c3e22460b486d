"""The acceptance sheet as plain text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from textwrap import wrap

from agent.cli.commissioning.sheet import DockLine, Sheet
from agent.rules.diagnosis.finding import size

RECEIPTS_SHOWN = 30
WIDTH = 100
SIGNATURES = ("Installed by", "Accepted by")


def as_text(sheet: Sheet) -> str:
    """One page or two, ready to print."""
    return "\n".join(_lines(sheet)) + "\n"


def _lines(sheet: Sheet) -> Iterator[str]:
    yield f"ACCEPTANCE OF DOCK STATION {sheet.station}"
    yield "=" * WIDTH
    yield verdict(sheet)
    yield from (f"  - {reason}" for reason in sheet.missing)
    for title, rows in facts(sheet):
        yield ""
        yield title
        yield "-" * WIDTH
        yield from (f"{name:<26}{said}" for name, said in rows)
    yield from _table("Bays", ["Label", "Port path", "Camera seen", "When"], bay_rows(sheet))
    if sheet.dock is not None:
        yield from _table("Receipts", ["Receipt", "Size", "SHA-256", "At central"], receipt_rows(sheet.dock))
        yield from more_receipts(sheet.dock)
    yield from _findings(sheet)
    yield ""
    for who in SIGNATURES:
        yield ""
        yield f"{who:<16}{'_' * 34}   Date {'_' * 14}   Signature {'_' * 20}"


def verdict(sheet: Sheet) -> str:
    """The first line that people read."""
    return "Everything that commissioning asks for was seen." if sheet.complete else "NOT COMPLETE:"


def facts(sheet: Sheet) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Sections of a name and what is said of it."""
    pc, disk = sheet.pc, sheet.disk
    yield (
        "Station",
        [
            ("Station", sheet.station),
            ("Commissioned", f"{when(sheet.begun_at)} to {when(sheet.made_at)}, by {sheet.by}"),
            ("PC", ", ".join(word for word in (pc.hostname, pc.model, pc.serial and f"serial {pc.serial}") if word)),
            ("System", f"{pc.system}, kernel {pc.kernel}, {pc.processors} processors"),
            ("Versions", ", ".join(f"{name} {version}" for name, version in sheet.versions.items())),
            ("Disk", f"{disk.spool}: {disk.kind} on {disk.device or 'no one device'}, {size(disk.free)} free of "
             f"{size(disk.total)}"),
            ("Cameras come from", ", ".join(sheet.sources)),
        ],
    )  # fmt: skip
    offset = "not measured" if sheet.clock_offset_ms is None else f"{sheet.clock_offset_ms:+.0f} ms against central"
    yield (
        "Central",
        [
            ("Address", sheet.central),
            ("Heartbeat at central", f"{when(sheet.heartbeat_at)}; asked {when(sheet.asked_at)} (central's clock)"),
            ("Clock of this PC", offset),
            ("Credential", f"enrolled {sheet.enrolled_at}"),
            ("Receipts are signed with", ", ".join(sheet.receipt_keys)),
        ],
    )
    if sheet.dock is not None:
        yield "From dock to receipt", list(_dock(sheet.dock))


def _dock(dock: DockLine) -> Iterator[tuple[str, str]]:
    yield "Camera", f"{dock.camera} in {dock.bay}, {len(dock.receipts)} files, {size(dock.bytes)}"
    yield "Docked", when(dock.docked_at)
    yield "Safe", f"{when(dock.safe_at)}: {dock.safe_after_s:.1f} s after the dock"
    yield "Speed", f"card to spool {speed(dock.copied_per_s)}, spool to receipt {speed(dock.sent_per_s)}"


def bay_rows(sheet: Sheet) -> list[list[str]]:
    return [[bay.label or "no label", bay.port, bay.camera or "-", when(bay.seen_at)] for bay in sheet.bays]


def receipt_rows(dock: DockLine) -> list[list[str]]:
    return [
        [one.receipt_id, size(one.size), one.sha256, "stands" if one.stands and one.signed else "DOES NOT STAND"]
        for one in dock.receipts[:RECEIPTS_SHOWN]
    ]


def more_receipts(dock: DockLine) -> list[str]:
    more = len(dock.receipts) - RECEIPTS_SHOWN
    return [f"and {more} more; `--json` has all of them"] if more > 0 else []


def finding_rows(sheet: Sheet) -> list[list[str]]:
    return [[one.severity, one.name, one.saw] for one in sheet.findings]


def when(instant: datetime | None) -> str:
    return "never" if instant is None else f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def speed(bytes_per_s: float | None) -> str:
    return "not measured" if bytes_per_s is None else f"{size(bytes_per_s)}/s"


def _findings(sheet: Sheet) -> Iterator[str]:
    yield ""
    yield "What dock-agent doctor found"
    yield "-" * WIDTH
    for severity, name, saw in finding_rows(sheet):
        begin = f"{severity:<9}{name:<16}"
        yield from wrap(saw, WIDTH, initial_indent=begin, subsequent_indent=" " * len(begin), break_long_words=False)


def _table(title: str, heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield ""
    yield title
    yield "-" * WIDTH
    shown = [heads, *rows]
    widths = [max(len(row[column]) for row in shown) for column in range(len(heads))]
    for row in shown:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    if not rows:
        yield "none"
