"""A custody record as a PDF: the same blocks as its page, the same bytes each time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import singledispatchmethod
from typing import Any

from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, WrapMode, XPos, YPos
from fpdf.fonts import FontFace

from central.papers.layout import (
    Block,
    Heading,
    Pairs,
    Paragraph,
    Points,
    Table,
    Verbatim,
    blocks_of,
    title_of,
    widths,
)
from central.papers.limits import Record

ENCODING = "cp1252"
"""Of the fonts that every reader of PDF has. A character beyond it stands as its number."""
GREY, PALE = (90, 90, 90), FontFace(emphasis="BOLD", fill_color=(236, 236, 236))
LINES = 100
"""Rows of a table that are laid out at a time."""

logging.getLogger("fpdf").setLevel(logging.ERROR)


def pdf_of(record: Record, sha256: str) -> bytes:
    """The record as a PDF; `sha256` is the digest of the signed JSON that it was made of."""
    sheet = _Sheet(record["paper"], sha256)
    sheet.begin(record)
    for block in blocks_of(record):
        sheet.put(block)
    return bytes(sheet.output())


def printable(text: str) -> str:
    """The text with `<U+0141>` for what the fonts lack."""
    return "".join(one if _has(one) else f"<U+{ord(one):04X}>" for one in text)


def _has(sign: str) -> bool:
    if sign == "\n":
        return True
    try:
        sign.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return sign.isprintable()


class _Sheet(FPDF):
    def __init__(self, paper: Mapping[str, Any], sha256: str) -> None:
        super().__init__(format="letter", unit="mm")
        self._paper, self._sha256 = paper, sha256
        self.core_fonts_encoding = ENCODING
        self.set_creation_date(datetime.fromisoformat(paper["issued"]["utc"]))
        self.set_producer("bwc-dock")
        self.set_lang("en")
        self.set_margins(18, 16, 18)
        self.set_auto_page_break(auto=True, margin=20)
        self.alias_nb_pages()

    def begin(self, record: Record) -> None:
        self.set_title(printable(title_of(record)))
        self.add_page()
        self.set_font("Times", "B", 22)
        self._line("Custody record", 10)
        self.set_font("Times", "", 12)
        self._line(record["asset"]["path_on_card"] or record["asset"]["id"], 6)
        self.ln(2)
        self.put(Pairs(tuple(_issue(record, self._sha256))))

    def footer(self) -> None:
        self.set_y(-15)
        self.set_draw_color(*GREY)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.set_font("Helvetica", "", 7)
        self.set_text_color(*GREY)
        self.cell(0, 5, f"Paper {self._paper['paper_id']}   record.json SHA-256 {self._sha256[:16]}...")
        self.set_x(self.l_margin)
        self.cell(0, 5, f"Page {self.page_no()} of {{nb}}", align=Align.R)
        self.set_text_color(0, 0, 0)

    @singledispatchmethod
    def put(self, block: Block) -> None:
        raise TypeError(block)

    @put.register
    def _(self, block: Heading) -> None:
        self.ln(4)
        if self.will_page_break(24):
            self.add_page()
        self.set_font("Times", "B", 13)
        self._line(block.words, 7)
        self.set_draw_color(*GREY)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(2)

    @put.register
    def _(self, block: Paragraph) -> None:
        self.set_font("Helvetica", "", 8.5)
        self._line(block.words, 4.2)
        self.ln(1.5)

    @put.register
    def _(self, block: Points) -> None:
        self.set_font("Helvetica", "", 8.5)
        for number, one in enumerate(block.rows, 1):
            self.cell(7, 4.2, f"{number}.")
            self.multi_cell(0, 4.2, printable(one), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            self.ln(0.8)

    @put.register
    def _(self, block: Pairs) -> None:
        rows = tuple((what, value) for what, value in block.rows)
        self._table(rows, (26, 74), ())

    @put.register
    def _(self, block: Table) -> None:
        if not block.rows:
            self.put(Paragraph(block.none))
        for first in range(0, len(block.rows), LINES):
            self._table(block.rows[first : first + LINES], block.shares, block.columns)
        self.ln(2)

    @put.register
    def _(self, block: Verbatim) -> None:
        if self.will_page_break(14):
            self.add_page()
        self.set_font("Helvetica", "B", 7.5)
        self._line(block.title, 4)
        self.set_font("Courier", "", 7)
        self.set_fill_color(246, 246, 246)
        wrap = WrapMode.CHAR
        text = printable(block.text)
        self.multi_cell(0, 3.2, text, fill=True, align=Align.L, wrapmode=wrap, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(2)

    def _line(self, words: str, height: float) -> None:
        wrap = WrapMode.CHAR if max(map(len, words.split(" "))) > 80 else WrapMode.WORD
        self.multi_cell(
            0, height, printable(words), align=Align.L, wrapmode=wrap, new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )

    def _table(self, rows: tuple[tuple[str, ...], ...], shares: tuple[int, ...], columns: tuple[str, ...]) -> None:
        self.set_font("Helvetica", "", 8.5 if not columns else 7)
        self.set_draw_color(185, 185, 185)
        with self.table(
            col_widths=tuple(widths(shares, self.epw)),
            line_height=4 if not columns else 3.4,
            text_align=Align.L,
            headings_style=PALE,
            first_row_as_headings=bool(columns),
            borders_layout=TableBordersLayout.ALL if columns else TableBordersLayout.HORIZONTAL_LINES,
            wrapmode=WrapMode.CHAR if not columns else WrapMode.WORD,
            padding=0.7,
        ) as table:
            for cells in (columns, *rows) if columns else rows:
                row = table.row()
                for place, one in enumerate(cells):
                    style = FontFace(emphasis="BOLD") if not columns and place == 0 else None
                    row.cell(printable(one), style=style)


def _issue(record: Record, sha256: str) -> Any:
    paper, issuer = record["paper"], record["issuer"]
    yield "Paper", paper["paper_id"]
    yield "Issued", f"{paper['issued']['utc']}  ({paper['issued']['site']}, {issuer['site_zone']})"
    yield "By", f"{paper['issued_by']} ({', '.join(paper['issued_as'])})"
    yield "Why", paper["reason"] + (f", request {number}" if (number := paper["request_number"]) else "")
    yield "Made of record.json", f"SHA-256 {sha256}"
    yield "Signed with key", f"{issuer['signed_with_key']} (Ed25519); README.txt says how to check it with openssl"
