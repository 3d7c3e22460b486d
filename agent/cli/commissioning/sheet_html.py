"""The acceptance sheet as one HTML page that prints well: no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from agent.cli.commissioning import sheet_text
from agent.cli.commissioning.sheet import Sheet

STYLE = """
:root { color-scheme: light; }
body { font: 14px/1.45 system-ui, sans-serif; color: #1a1d21; background: #fff; max-width: 60em; margin: 2em auto;
  padding: 0 1.5em; }
h1 { font-size: 1.6em; margin: 0 0 .2em; } h2 { font-size: 1.05em; margin: 1.6em 0 .4em; }
.verdict { padding: .6em .9em; border-left: .35em solid #1b7f4b; background: #eef7f1; }
.verdict.not { border-color: #b3261e; background: #fdefee; font-weight: 600; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25em .8em .25em 0; border-bottom: 1px solid #dfe3e8; }
th[scope=row] { width: 13em; font-weight: 600; }
td.code { font: 12px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.sign { display: grid; grid-template-columns: 8em 2fr 1fr 2fr; gap: 2.6em 1em; margin-top: 3em; }
.sign span { border-top: 1px solid #1a1d21; padding-top: .2em; font-size: .85em; } .sign b { align-self: end; }
@page { size: A4; margin: 15mm; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } section { break-inside: avoid; }
  .verdict { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
_CODES = frozenset({"Receipt", "SHA-256", "Port path"})


def as_html(sheet: Sheet) -> str:
    """The same as `sheet_text.as_text`; every word is escaped."""
    return "\n".join(_parts(sheet)) + "\n"


def _parts(sheet: Sheet) -> Iterator[str]:
    title = f"Acceptance of dock station {escape(sheet.station)}"
    yield f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    yield f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
    yield f"<h1>{title}</h1>"
    yield f'<div class="verdict{"" if sheet.complete else " not"}">{escape(sheet_text.verdict(sheet))}'
    if sheet.missing:
        yield f"<ul>{''.join(f'<li>{escape(reason)}</li>' for reason in sheet.missing)}</ul>"
    yield "</div>"
    for section, rows in sheet_text.facts(sheet):
        cells = "".join(f'<tr><th scope="row">{escape(n)}</th><td>{escape(said)}</td></tr>' for n, said in rows)
        yield f"<section><h2>{escape(section)}</h2><table>{cells}</table></section>"
    yield _table("Bays", ["Label", "Port path", "Camera seen", "When"], sheet_text.bay_rows(sheet))
    if sheet.dock is not None:
        heads = ["Receipt", "Size", "SHA-256", "At central"]
        yield _table("Receipts", heads, sheet_text.receipt_rows(sheet.dock))
        yield from (f"<p>{escape(line)}</p>" for line in sheet_text.more_receipts(sheet.dock))
    heads = ["Severity", "Finding", "Seen"]
    yield _table("What <code>dock-agent doctor</code> found", heads, sheet_text.finding_rows(sheet))
    yield '<div class="sign">'
    for who in sheet_text.SIGNATURES:
        yield f"<b>{who}</b><span>Name</span><span>Date</span><span>Signature</span>"
    yield "</div></body></html>"


def _table(title: str, heads: list[str], rows: list[list[str]]) -> str:
    """`title` is ours and may hold markup; the rest may not."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    classes = [' class="code"' if name in _CODES else "" for name in heads]
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(classes, row, strict=True)) + "</tr>"
        for row in rows
    )
    body = body or f'<tr><td colspan="{len(heads)}">none</td></tr>'
    return f"<section><h2>{title}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></section>"
