"""What stands where on a custody record: one list of blocks, of which the page and the PDF are both made. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from central.papers.limits import Record

NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Heading:
    words: str


@dataclass(frozen=True)
class Paragraph:
    words: str


@dataclass(frozen=True)
class Points:
    """Sentences, each by itself."""

    rows: tuple[str, ...]


@dataclass(frozen=True)
class Pairs:
    """What, and its value."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """`shares`: how wide each column is, as parts of the whole."""

    columns: tuple[str, ...]
    shares: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    none: str
    """What is said where there is no row."""


@dataclass(frozen=True)
class Verbatim:
    """Text as it is, under its title."""

    title: str
    text: str


Block = Heading | Paragraph | Points | Pairs | Table | Verbatim


def title_of(record: Record) -> str:
    return f"Custody record: {record['asset']['path_on_card'] or record['asset']['id']}"


def blocks_of(record: Record) -> Iterator[Block]:
    """The whole record, in the order of a reader's questions."""
    yield from _what_it_is(record)
    yield from _when(record)
    yield from _limits(record)
    yield from _events(record)
    yield from _receipts(record)
    yield from _who_saw(record)
    yield from _card(record)
    yield from _verbatim(record)


def _what_it_is(record: Record) -> Iterator[Block]:
    asset, camera, dock, issuer = (record[name] for name in ("asset", "camera", "dock", "issuer"))
    yield Heading("1  The file")
    yield Pairs(
        (
            ("File on the card", _said(asset["path_on_card"])),
            ("Asset", asset["id"]),
            ("SHA-256", _said(asset["sha256"])),
            ("Size", "not known" if asset["bytes"] is None else f"{asset['bytes']:,} bytes"),
            ("State", _state(asset)),
            ("Camera", _camera(camera)),
            ("Camera's clock", _clock(camera["clock_ahead_of_station_s"])),
            ("Docked at", _place(dock)),
            ("Dock session", _said(dock["session"])),
            ("Worn by, as the roster says", _worn(record["assignment"])),
            ("Software", _software(issuer)),
        )
    )


def _when(record: Record) -> Iterator[Block]:
    yield Heading("2  When, and by whose clock")
    rows = tuple(
        (one["what"], _utc(one["at"]), _site(one["at"]), _said(one["source"], ""), _certainty(one))
        for one in record["instants"]
    )
    yield Table(
        ("What", "UTC", f"Local, {record['issuer']['site_zone']}", "Says", "How certain"),
        (23, 23, 24, 9, 21),
        rows,
        "",
    )


def _limits(record: Record) -> Iterator[Block]:
    yield Heading("3  What this record cannot show")
    yield Points(tuple(record["cannot_show"]))


def _events(record: Record) -> Iterator[Block]:
    yield Heading("4  Custody events")
    yield Paragraph(
        "As the station chained them. Each hash is the SHA-256 over a fixed word, the ledger, the number, the "
        "hash of the "
        "event before and the exact text of the event; the texts stand in section 8."
    )
    rows = tuple(
        (
            f"{one['number']}",
            one["name"] or "not understood",
            _utc(one["at"]),
            _utc(one["received"]),
            one["hash"],
            "yes" if one["hash_recomputed"] else "NO",
        )
        for one in record["custody_events"]
    )
    columns = ("No.", "Event", "At, by the station", "At central", "Hash", "Holds")
    yield Table(columns, (6, 17, 20, 20, 30, 7), rows, "The station has told nothing of this file yet.")
    ledgers = sorted({one["ledger"] for one in record["custody_events"]})
    if ledgers:
        yield Paragraph(f"Ledger: {', '.join(ledgers)}.")


def _receipts(record: Record) -> Iterator[Block]:
    yield Heading("5  Receipts")
    if not record["receipts"]:
        yield Paragraph("None. Without one, the camera keeps its file.")
    for one in record["receipts"]:
        stands = "stands" if one["stands"] else "does not permit an erase any more"
        title = f"Receipt {one['receipt']}, signed {_utc(one['issued'])} with key {one['key_id']}; {stands}"
        yield Verbatim(title, f"{one['signed_bytes']}\n\nEd25519, base64: {one['signature_base64']}")


def _who_saw(record: Record) -> Iterator[Block]:
    yield Heading("6  Who saw or took it, and earlier papers")
    views = tuple(
        (
            _utc(one["at"]),
            f"{one['by']} ({', '.join(one['as'])})",
            one["what"],
            one["reason"],
            _said(one["request_number"], ""),
        )
        for one in record["views"]
    )
    yield Table(
        ("When (UTC)", "Who", "What", "Why", "Request"), (20, 26, 12, 30, 12), views, "Nobody, through central."
    )
    papers = tuple(
        (_utc(one["at"]), one["by"], "custody record", one["reason"], _said(one["request_number"], ""))
        for one in record["papers"]
    )
    if papers:
        yield Table(("When (UTC)", "Who", "What", "Why", "Request"), (20, 26, 12, 30, 12), papers, "")


def _card(record: Record) -> Iterator[Block]:
    card = record["card"]
    yield Heading("7  Everything that was on the card")
    if card is None:
        yield Paragraph("Central does not know the dock in which this file was copied.")
        return
    for one in card["listings"]:
        yield Paragraph(
            f"Listed {_utc(one['at'])}: {one['files']} files, {one['bytes']:,} bytes, {one['refused']} other entries"
            f"{'' if one['complete'] else ', NOT to its end'}. SHA-256 of the listing: {one['listing_sha256']}"
        )
    rows = tuple(
        (
            f"{one['path'] or '(not told)'}{'  (this file)' if one['is_this_asset'] else ''}",
            "" if one["bytes"] is None else f"{one['bytes']:,}",
            one["kind"] or "",
            one["state"],
            one["sha256"] or "",
        )
        for one in card["files"]
    )
    yield Table(("File", "Bytes", "Kind", "State", "SHA-256"), (34, 13, 9, 12, 32), rows, "No file was announced.")
    if card["refused"]:
        refused = tuple((_said(one["path"]), _said(one["reason"])) for one in card["refused"])
        yield Table(("Not a file, or not reachable", "Why"), (60, 40), refused, "")


def _verbatim(record: Record) -> Iterator[Block]:
    yield Heading("8  The events, as their station wrote them")
    for one in record["custody_events"]:
        yield Verbatim(f"{one['number']}  {one['name'] or 'not understood'}  {one['hash']}", one["body"])


def _state(asset: Mapping[str, Any]) -> str:
    why = asset["put_aside_because"] or asset["kept_on_card_because"]
    marks = f"; {', '.join(asset['marks'])}" if asset["marks"] else ""
    return f"{asset['state']}{f' ({why})' if why else ''}{marks}"


def _camera(camera: Mapping[str, Any]) -> str:
    by = f", named by its {camera['named_by'].replace('_', ' ')}" if camera["named_by"] else ""
    return f"{_said(camera['serial'])}{by}{'' if camera['name_is_unique'] else ', not known to be unique'}"


def _clock(ahead: float | None) -> str:
    if ahead is None:
        return "not measured: it told the station no time"
    return f"{abs(ahead):g} s {'behind' if ahead < 0 else 'ahead of'} the station's, when it was docked"


def _place(dock: Mapping[str, Any]) -> str:
    label = f" ({dock['station_label']})" if dock["station_label"] else ""
    site = f", {dock['site']}" if dock["site"] else ""
    return f"station {dock['station']}{label}{site}, {bay_words(dock)}"


def _worn(assignment: Mapping[str, Any] | None) -> str:
    if assignment is None:
        return "no shift is known for this recording"
    who = assignment["officer_name"] or assignment["officer"]
    unit = f", {assignment['unit']}" if assignment["unit"] else ""
    outside = "" if assignment["recorded_within_the_shift"] else "; recorded outside its hours"
    return f"{who} ({assignment['officer']}){unit}, shift {assignment['shift']}{outside}"


def _software(issuer: Mapping[str, Any]) -> str:
    station = issuer["station_software_now"]
    return (
        f"{issuer['software']} at central; {f'dock-agent {station}' if station else 'not known'} at the station now"
    )


def _certainty(one: Mapping[str, Any]) -> str:
    if one["at"] is None:
        return ""
    if one["clock"] != "the station's":
        return one["clock"] + " clock" + ("" if one["clock"] == "central's" else ", not measured")
    if one["uncertainty_s"] is None:
        return "the station's clock, not measured"
    return (
        f"the station's clock, {one['ahead_of_central_s']:+.3f} s to central's, within {one['uncertainty_s']:.3f} s"
    )


def _utc(at: Mapping[str, str] | None) -> str:
    return NOT_KNOWN if at is None else _seconds(at["utc"].removesuffix("Z")) + " Z"


def _site(at: Mapping[str, str] | None) -> str:
    if at is None:
        return ""
    text = at["site"]
    return f"{_seconds(text[:-6])} {text[-6:]}"


def _seconds(text: str) -> str:
    """To the millisecond: the record itself has more."""
    whole, _, fraction = text.replace("T", " ").partition(".")
    return f"{whole}.{fraction[:3]}" if fraction else whole


def _said(value: object, otherwise: str = NOT_KNOWN) -> str:
    return otherwise if value in (None, "") else str(value)


def bay_words(dock: Mapping[str, Any]) -> str:
    """`Bay 7`; `bay 1-1.4` where nobody gave it a label."""
    name = _said(dock["bay"])
    return name if "bay" in name.lower() else f"bay {name}"


def widths(shares: Sequence[int], whole: float) -> list[float]:
    return [whole * one / sum(shares) for one in shares]
