"""Which videos are drawn: by seed and population alone. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Candidate:
    """One video of one officer."""

    officer_id: str
    asset_id: str
    shift_id: str


def population_hash(candidates: Iterable[Candidate]) -> str:
    """The SHA-256 of one line `officer<TAB>asset<LF>` for each, sorted."""
    digest = hashlib.sha256()
    for one in sorted(candidates):
        digest.update(f"{one.officer_id}\t{one.asset_id}\n".encode())
    return digest.hexdigest()


def drawn(candidates: Iterable[Candidate], seed: str, per_officer: int) -> list[Candidate]:
    """Of each officer the `per_officer` videos whose ticket is lowest: the SHA-256 of `seed<LF>asset`, in hex. An
    officer with fewer videos has all of them drawn."""
    of_officer: dict[str, list[Candidate]] = {}
    for one in candidates:
        of_officer.setdefault(one.officer_id, []).append(one)
    return [one for name in sorted(of_officer) for one in _lowest(of_officer, name, seed)[:per_officer]]


def _lowest(of_officer: Mapping[str, list[Candidate]], name: str, seed: str) -> list[Candidate]:
    return sorted(of_officer[name], key=lambda one: hashlib.sha256(f"{seed}\n{one.asset_id}".encode()).hexdigest())
