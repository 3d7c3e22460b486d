"""Writes the auditor's package: rows, figures and what finds them again, signed, without footage."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from central.administration.tables import TABLES
from central.audit.coverage import COVERAGE_COLUMNS, coverage
from central.audit.dictionary import COUNTED, DICTIONARY_COLUMNS, dictionary_rows
from central.audit.pseudonyms import Pseudonyms
from central.audit.tables import (
    EXCLUSION_COLUMNS,
    OUTSIDE_COLUMNS,
    PACKAGED,
    PLACED_BY,
    CountedFile,
    Taken,
    counted_files,
    counted_rows,
    exclusion_rows,
    outside_rows,
    rows_of,
)
from central.config import CentralConfig
from central.custody.signing import ReceiptSigner
from central.instants import rfc3339
from central.measures.measuring import Asked, Measures, Rows
from central.measures.telling import as_values
from central.refusals import CommandRefused
from central.rows_out import lines

TRAVELS = Path(__file__).with_name("in_package")
SCRIPTS = ("README.txt", "recompute.py", "formulas.py", "sample.py")
FORMAT = 1
OWN = {"coverage": COVERAGE_COLUMNS, "exclusions": EXCLUSION_COLUMNS, "outside": OUTSIDE_COLUMNS}


@dataclass(frozen=True)
class Told:
    """What a package is of."""

    asked: Asked
    rows: Rows
    measures: Measures
    config: CentralConfig


class _Zip:
    """Writes files into a zip, with the digest of each. The same content makes the same bytes."""

    def __init__(self, archive: zipfile.ZipFile, asked: Asked) -> None:
        self._archive, self._at = archive, asked.at
        self.digests: dict[str, str] = {}

    def add(self, name: str, pieces: Iterable[str | bytes]) -> None:
        entry = zipfile.ZipInfo(name, self._at.timetuple()[:6])
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
        digest = hashlib.sha256()
        with self._archive.open(entry, "w", force_zip64=True) as file:
            for piece in pieces:
                content = piece.encode() if isinstance(piece, str) else piece
                digest.update(content)
                file.write(content)
        self.digests[name] = digest.hexdigest()

    def add_table(self, name: str, columns: Sequence[str], rows: Callable[[], Iterable[Sequence[Any]]]) -> None:
        for form in ("json", "csv"):
            self.add(f"{name}.{form}", lines(columns, rows(), form))

    def add_json(self, name: str, values: Any) -> None:
        self.add(name, [msgspec.json.format(msgspec.json.encode(values), indent=1), "\n"])


def write_package(out: Path, told: Told, signer: ReceiptSigner, pseudonyms: Pseudonyms, version: str) -> str:
    """Write `out`, after its own script has found every figure in it again; returns its SHA-256.

    Raises:
        CommandRefused: it did not, and nothing was written.
    """
    draft = out.with_name(f".{out.name}.new")
    try:
        draft.unlink(missing_ok=True)
        draft.touch(0o600)
        with zipfile.ZipFile(draft, "w") as archive:
            _fill(_Zip(archive, told.asked), told, signer, pseudonyms, version)
        _find_again(draft)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    with out.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fill(to: _Zip, told: Told, signer: ReceiptSigner, pseudonyms: Pseudonyms, version: str) -> None:
    taken = {name: _add_export(to, name, told, pseudonyms) for name in PACKAGED}
    counted = counted_files(told.rows)
    for one in counted:
        _add_counted(to, one, told, pseudonyms)
    asked = told.asked
    pieces = coverage(asked.window.begins or asked.at, min(asked.window.ends or asked.at, asked.at))
    to.add_table("rows/coverage", COVERAGE_COLUMNS, lambda: (one.as_row() for one in pieces))
    to.add_table("rows/exclusions", EXCLUSION_COLUMNS, lambda: exclusion_rows(told.measures))
    to.add_table("rows/outside", OUTSIDE_COLUMNS, lambda: outside_rows(taken))
    to.add_table("dictionary", DICTIONARY_COLUMNS, lambda: dictionary_rows(columns_of(counted)))
    to.add_json("figures.json", as_values(told.measures))
    to.add_json("package.json", _about(told, taken, counted, signer, pseudonyms, version))
    for name in SCRIPTS:
        to.add(name, [(TRAVELS / name).read_bytes()])
    to.add("signing-key.pem", [signer.public_pem])
    sums = "".join(f"{digest}  {name}\n" for name, digest in sorted(to.digests.items())).encode()
    to.add("SHA256SUMS", [sums])
    to.add("SHA256SUMS.sig", [base64.b64decode(signer.sign(sums))])


def columns_of(counted: Iterable[CountedFile]) -> dict[str, Sequence[str]]:
    """Every table of a package with its columns: the dictionary explains each."""
    exports = {name: TABLES[name][0] for name in PACKAGED}
    return {**exports, **OWN, **{f"{COUNTED}/{one.name}": one.columns for one in counted}}


def _add_export(to: _Zip, name: str, told: Told, pseudonyms: Pseudonyms) -> Taken:
    columns, taken = TABLES[name][0], Taken()

    def rows() -> Iterable[Sequence[Any]]:
        taken.packaged = 0
        taken.outside.clear()
        return rows_of(name, told.asked.window, pseudonyms, taken)

    to.add_table(f"rows/{name}", columns, rows)
    return taken


def _add_counted(to: _Zip, one: CountedFile, told: Told, pseudonyms: Pseudonyms) -> None:
    to.add_table(f"{COUNTED}/{one.name}", one.columns, lambda: counted_rows(one, told.rows, pseudonyms))


def _about(
    told: Told,
    taken: dict[str, Taken],
    counted: Iterable[CountedFile],
    signer: ReceiptSigner,
    pseudonyms: Pseudonyms,
    version: str,
) -> dict[str, Any]:
    window, at = told.asked.window, told.asked.at
    officers = "officers stand in it by pseudonyms" if pseudonyms.are_used else "officers stand in it by their number"
    return {
        "format": FORMAT,
        "from": window.begins and rfc3339(window.begins),
        "to": window.ends and rfc3339(window.ends),
        "at": rfc3339(at),
        "time_zone": told.asked.zone.key,
        "central_version": version,
        "key_id": signer.key_id,
        "personal_data": f"{officers}; no names, no footage; see README.txt",
        "lateness": msgspec.to_builtins(told.config.lateness),
        "tables": {name: {"rows": one.packaged, "outside": dict(one.outside)} for name, one in taken.items()},
        "counted": {
            measure: {"file": f"{COUNTED}/{one.name}.json", "placed_by": PLACED_BY.get(measure, ())}
            for one in counted
            for measure in one.measures
        },
        "splits": [name for name, value in as_values(told.measures).items() if _is_split(value)],
    }


def _is_split(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict) and "figures" in value[0]


def _find_again(package: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="package-", dir=package.parent) as folder:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
        run = subprocess.run(
            [sys.executable, "-I", str(Path(folder) / "recompute.py")], capture_output=True, text=True, check=False
        )
        if run.returncode:
            said = (run.stdout + run.stderr).strip()[-2000:]
            raise CommandRefused(f"the package's own script does not find its figures; nothing was written:\n{said}")
