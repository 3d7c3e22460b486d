"""A custody record as one HTML file that needs nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from html import escape

from central.papers.layout import Block, Heading, Pairs, Paragraph, Points, Table, Verbatim, blocks_of, title_of
from central.papers.limits import Record

STYLE = """
body { font: 15px/1.5 Georgia, 'Times New Roman', serif; color: #111; background: #fff; max-width: 62rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; margin-bottom: .3rem }
h2 { font-size: 1.1rem; border-bottom: 1px solid #888; margin-top: 2rem }
table { border-collapse: collapse; width: 100%; font-size: .85rem }
th, td { border: 1px solid #bbb; padding: .25rem .4rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere }
th { background: #eee }
pre { font-size: .78rem; white-space: pre-wrap; overflow-wrap: anywhere; background: #f6f6f6; padding: .5rem }
.issue { color: #444; font-size: .85rem; overflow-wrap: anywhere }
@media print { body { margin: 0; max-width: none } }
"""


def html_of(record: Record, sha256: str) -> str:
    """The record as a page; `sha256` is the digest of the signed JSON that it was made of."""
    paper, title = record["paper"], escape(title_of(record))
    body = "\n".join(_html(block) for block in blocks_of(record))
    issue = (
        f"Paper {paper['paper_id']}, issued {paper['issued']['utc']} ({paper['issued']['site']}) by "
        f"{paper['issued_by']}: "
        f"{paper['reason']}{f', request {number}' if (number := paper['request_number']) else ''}. Made of "
        "record.json, SHA-256 "
        f"{sha256}, signed with key {record['issuer']['signed_with_key']}."
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta '
        f'charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head>\n"
        f'<body><h1>{title}</h1><p class="issue">{escape(issue)}</p>\n{body}\n</body></html>\n'
    )


@singledispatch
def _html(block: Block) -> str:
    raise TypeError(block)


@_html.register
def _(block: Heading) -> str:
    return f"<h2>{escape(block.words)}</h2>"


@_html.register
def _(block: Paragraph) -> str:
    return f"<p>{escape(block.words)}</p>"


@_html.register
def _(block: Points) -> str:
    return "<ul>" + "".join(f"<li>{escape(one)}</li>" for one in block.rows) + "</ul>"


@_html.register
def _(block: Pairs) -> str:
    rows = (f'<tr><th scope="row">{escape(what)}</th><td>{escape(value)}</td></tr>' for what, value in block.rows)
    return f"<table>{''.join(rows)}</table>"


@_html.register
def _(block: Table) -> str:
    if not block.rows:
        return f"<p>{escape(block.none)}</p>"
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in block.columns)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, block.rows))}</tbody></table>"


@_html.register
def _(block: Verbatim) -> str:
    return f"<p><b>{escape(block.title)}</b></p><pre>{escape(block.text)}</pre>"


def _row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<td>{escape(one)}</td>' for one in cells)}</tr>"
