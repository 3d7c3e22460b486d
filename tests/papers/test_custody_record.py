"""A custody record: what it tells, that it is the same each time, and that openssl alone can check it."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from pathlib import Path

import msgspec
import pytest
from django.db import DatabaseError, transaction

from central.custody.models import Asset, CustodyEvent
from central.papers.bundle import files_of, zipped
from central.papers.exports import paper_rows
from central.papers.issuing import NotIssued
from central.papers.models import Paper
from central.papers.pdf_page import pdf_of, printable
from protocol.messages import ReceiptContent
from tests.papers.told import PATHS, Handed, told
from tests.watching.telling import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def handed(tmp_path: Path) -> Handed:
    return told(tmp_path)


def openssl(folder: Path, name: str, signature: str) -> subprocess.CompletedProcess[str]:
    """The command of README.txt."""
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-in", name]
    return subprocess.run([*command, "-sigfile", signature], cwd=folder, capture_output=True, text=True, timeout=30)


def unpacked(paper: Paper, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(zipped(paper))) as archive:
        archive.extractall(folder)
    return folder / f"custody_{paper.paper_id}"


@pytest.mark.part("openssl")
def test_openssl_alone_checks_the_record_and_its_receipts(handed: Handed, tmp_path: Path) -> None:
    folder = unpacked(handed.issue(), tmp_path / "elsewhere")
    commands = [
        line.split() for line in (folder / "README.txt").read_text().splitlines() if "openssl pkeyutl" in line
    ]
    assert len(commands) == 2
    for command in commands:
        assert (
            "Successfully" in subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
        )
    for name in ("record", "receipts/" + next((folder / "receipts").glob("*.json")).stem):
        doctored = bytearray((folder / f"{name}.json").read_bytes())
        doctored[len(doctored) // 2] ^= 1
        (folder / "doctored.json").write_bytes(doctored)
        assert openssl(folder, "doctored.json", f"{name}.sig").returncode != 0


def test_it_tells_the_file_the_card_the_clocks_and_who_saw_it(handed: Handed) -> None:
    record = json.loads(handed.issue().content)
    assert record["asset"]["sha256"] == handed.asset.sha256
    assert record["camera"]["clock_ahead_of_station_s"] == -42.5
    assert (record["dock"]["bay"], record["assignment"]["officer"]) == ("Bay 7", "4711")
    assert [one["path"] for one in record["card"]["files"]] == sorted(PATHS)
    assert [one["path"] for one in record["card"]["refused"]] == ["LINK"]
    assert record["card"]["listings"][0]["files"] == 3
    assert [one["by"] for one in record["views"]] == ["sgt.east@pd.example"]
    staged = next(one for one in record["instants"] if one["what"].startswith("read, hashed"))
    assert staged["at"] == {"utc": "2026-11-20T12:13:01.500000Z", "site": "2026-11-20T06:13:01.500000-06:00"}
    assert (staged["ahead_of_central_s"], staged["uncertainty_s"]) == (1.5, 0.0)


def test_every_event_stands_with_its_place_and_a_hash_that_comes_out_again(handed: Handed) -> None:
    events = json.loads(handed.issue().content)["custody_events"]
    names = [one["name"] for one in events]
    assert names[0] == "camera_docked"
    assert {"card_listed", "asset_staged", "asset_uploaded", "asset_erased", "camera_undocked"} <= set(names)
    assert all(one["hash_recomputed"] for one in events)
    for one in events:
        kept = CustodyEvent.objects.get(ledger__ledger_uuid=one["ledger"], number=one["number"])
        assert (one["body"], one["hash"]) == (kept.body, kept.hash)


def test_a_record_is_no_receipt_although_the_same_key_signed_it(handed: Handed) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(handed.issue().content, type=ReceiptContent)


def test_what_it_cannot_show_follows_from_what_is_known(tmp_path: Path, handed: Handed) -> None:
    said = " ".join(json.loads(handed.issue().content)["cannot_show"])
    assert "42.5 s behind the station's" in said
    assert "the roster's: nobody was recognised" in said
    assert "it was not measured" not in said
    Asset.objects.filter(pk=handed.asset.pk).update(recorded_at=None, salvage=True)
    handed.asset.refresh_from_db()
    handed.asset.station.docks.update(clock_offset_s=None, offset_ms=None, uncertainty_ms=None)
    said = " ".join(json.loads(handed.issue().content)["cannot_show"])
    assert "The roster has no shift for this recording" in said
    assert "It told the station no time" in said
    assert "from central's in that dock: it was not measured" in said
    assert "could not be read to its end" in said


def test_issuing_is_a_row_that_stays_and_stands_in_the_next_record(handed: Handed) -> None:
    first = handed.issue()
    with pytest.raises(NotIssued, match="say why"):
        handed.issue(reason=" \n ")
    assert [row[1:3] for row in paper_rows()] == [[at(400), "clerk@pd.example"]]
    assert [one["paper_id"] for one in json.loads(handed.issue().content)["papers"]] == [str(first.paper_id)]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Paper.objects.update(reason="another")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Paper.objects.all().delete()


def test_the_same_paper_has_the_same_bytes_in_every_form(handed: Handed) -> None:
    paper = handed.issue()
    before, now = files_of(paper), files_of(Paper.objects.get())
    assert before == now
    assert zipped(paper) == zipped(Paper.objects.get())
    assert before["record.pdf"].startswith(b"%PDF-")
    assert "DRAFT" in before["certificate_902_14_DRAFT.txt"].decode()
    assert handed.asset.sha256 in before["certificate_902_14_DRAFT.txt"].decode()
    assert "All came out again." in before["certificate_902_13_DRAFT.txt"].decode()


def test_a_name_that_is_markup_or_beyond_the_fonts_harms_no_form(handed: Handed) -> None:
    evil = "<script>alert(1)</script> {0} **b** Łódź\x07.MP4"
    Asset.objects.filter(pk=handed.asset.pk).update(source_path=evil + "/x" * 2000)
    handed.asset.refresh_from_db()
    paper = handed.issue()
    page = files_of(paper, frozenset({"html"}))["record.html"].decode()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {0}" in page
    assert len(pdf_of(json.loads(paper.content), paper.sha256)) > 1000
    assert printable("Łódź\x07 ü") == "<U+0141>ód<U+017A><U+0007> ü"
