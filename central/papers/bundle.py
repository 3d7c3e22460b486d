"""Everything that is handed over with a custody record, as files: each a pure function of the row that was kept."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping

import msgspec

from central.papers.certificates import copied_data, dock_log
from central.papers.html_page import html_of
from central.papers.models import Paper
from central.papers.pdf_page import pdf_of

CHECK = "openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in {name} -sigfile {signature}"
README = """\
Custody record {paper}

record.json   the record: the one source of everything here
record.sig    its signature: Ed25519, 64 bytes
public.pem    the public key of the central that signed it, key {key}
receipts/     what central signed when it had read the file back: the exact bytes, and the signature of each
record.html, record.pdf   the same record to read, where they were asked for: both are made of record.json
certificate_902_14_DRAFT.txt, certificate_902_13_DRAFT.txt   drafts with blanks; no legal advice

Check the record with OpenSSL 3. It must answer "Signature Verified Successfully":

    {check}

and each receipt that is signed with key {key}:

{receipts}
Check the file: its SHA-256 must be the one in record.json, under asset, and the one in each receipt:

    sha256sum FILE
    expected: {digest}

Whose key is it? A signature is worth what public.pem is worth. Take the key from the department by another way and
compare: SHA-256 of public.pem is {pem}.
{others}"""


def files_of(paper: Paper, forms: frozenset[str] = frozenset({"html", "pdf"})) -> dict[str, bytes]:
    """Names and contents; `forms`: what to make beside the JSON, `html` or `pdf`. One row gives the same bytes."""
    content, record = paper.content.encode(), msgspec.json.decode(paper.content)
    files = {
        "README.txt": _readme(paper, record).encode(),
        "record.json": content,
        "record.sig": base64.b64decode(paper.signature),
        "public.pem": paper.public_pem.encode(),
        "certificate_902_14_DRAFT.txt": copied_data(record, paper.sha256).encode(),
        "certificate_902_13_DRAFT.txt": dock_log(record, paper.sha256).encode(),
    }
    for one in record["receipts"]:
        files[f"receipts/{one['receipt']}.json"] = one["signed_bytes"].encode()
        files[f"receipts/{one['receipt']}.sig"] = base64.b64decode(one["signature_base64"])
    if "html" in forms:
        files["record.html"] = html_of(record, paper.sha256).encode()
    if "pdf" in forms:
        files["record.pdf"] = pdf_of(record, paper.sha256)
    return files


def zipped(paper: Paper) -> bytes:
    """All of it in one file, in a folder of its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files_of(paper).items()):
            archive.writestr(zipfile.ZipInfo(f"custody_{paper.paper_id}/{name}"), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _readme(paper: Paper, record: Mapping[str, object]) -> str:
    receipts: list[dict[str, str]] = list(record["receipts"])  # type: ignore[call-overload]
    asset: dict[str, str] = record["asset"]  # type: ignore[assignment]
    ours = [one["receipt"] for one in receipts if one["key_id"] == paper.key_id]
    others = sorted({one["key_id"] for one in receipts if one["key_id"] != paper.key_id})
    checks = [CHECK.format(name=f"receipts/{one}.json", signature=f"receipts/{one}.sig") for one in ours]
    return README.format(
        paper=paper.paper_id,
        key=paper.key_id,
        check=CHECK.format(name="record.json", signature="record.sig"),
        receipts="".join(f"    {one}\n" for one in checks) or "    (there is none)\n",
        digest=asset["sha256"] or "(not known)",
        pem=hashlib.sha256(paper.public_pem.encode()).hexdigest(),
        others="".join(
            f"\nKey {one} signed receipts here and is an earlier one: it is not in public.pem.\n" for one in others
        ),
    )
