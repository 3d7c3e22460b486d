"""The suite itself: it can fail, and the page in docs/ is about these rows."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import pytest

from tests.conformance.page import Column, page
from tests.conformance.suite import HOLDS, NOT_OFFERED, ROWS, Outcome, Row, outcome
from tests.upload.foreign import ROOT

UNSEEN = {
    "an_unfinished_upload_says_when_it_expires",
    "the_offset_after_a_kill_is_backed_by_bytes",
    "a_torn_tail_is_noticed",
    "foreign_bytes_behind_a_part_are_not_taken",
}
"""Rows that need more than a yes: a date, a file."""
EVERYTHING = "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination"


class YesHandler(BaseHTTPRequestHandler):
    """Every request is fine."""

    protocol_version = "HTTP/1.1"

    def _yes(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(201 if self.command == "POST" else 204)
        told = {"Location": "/files/1", "Upload-Offset": "1", "Tus-Extension": EVERYTHING, "Content-Length": "0"}
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()

    do_OPTIONS = do_POST = do_HEAD = do_PATCH = do_DELETE = _yes  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: object) -> None:
        pass


class SaysYes:
    """Implements Server: agrees to everything and keeps nothing."""

    name = "says yes"
    headers: Mapping[str, str] = {}

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), YesHandler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def start(self) -> None:
        pass

    def kill(self) -> None:
        pass

    def version(self) -> str:
        return "1"

    def creation_url(self, key: UUID) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}/files"

    def holds(self, url: str, data: bytes) -> bool:
        return False

    def part_of(self, data: bytes) -> Path | None:
        return None


@pytest.fixture(scope="module")
def yes_man(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SaysYes]:
    server = SaysYes(tmp_path_factory.mktemp("nothing"))
    yield server
    server.http.shutdown()
    server.http.server_close()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.run.__name__)
def test_no_row_holds_at_a_server_that_says_yes_to_everything(row: Row, yes_man: SaysYes) -> None:
    assert outcome(row, yes_man).word == ("not offered" if row.run.__name__ in UNSEEN else "differs")


def test_the_page_tells_every_row_and_how_it_differs() -> None:
    outcomes = [HOLDS] * len(ROWS)
    outcomes[3], outcomes[4] = Outcome("differs", "says no"), NOT_OFFERED
    told = page([Column("ours", "1", [HOLDS] * len(ROWS)), Column("theirs", "2", outcomes)])
    assert f"  - {ROWS[3].title}: says no" in told
    assert f"| {ROWS[4].title} | ✓ | – |" in told
    assert f"| {len(ROWS)} of {len(ROWS)} | {len(ROWS) - 2} of {len(ROWS) - 1} |" in told


def test_the_page_in_docs_is_about_these_rows_and_our_central_holds_them_all() -> None:
    lines = (ROOT / "docs" / "conformance.md").read_text().splitlines()
    for row in ROWS:
        (line,) = [line for line in lines if line.startswith(f"| {row.title} |")]
        assert line.split("|")[2].strip() == "✓"
