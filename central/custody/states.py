"""The state of an asset as a pure function of what is known about it, in whichever order it was learned."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AssetFacts:
    staged: bool = False
    uploaded: bool = False
    verified: bool = False
    erased: bool = False
    kept: bool = False
    gone: bool = False
    quarantined: bool = False
    lost: bool = False


def asset_state(facts: AssetFacts) -> str:
    """One word: `QUARANTINED` until a person sent it back, else the furthest step that is known."""
    ladder = (
        (facts.lost, "QUARANTINED"),
        (facts.erased, "ERASED"),
        (facts.quarantined, "QUARANTINED"),
        (facts.kept, "KEPT"),
        (facts.gone, "GONE"),
        (facts.verified, "VERIFIED"),
        (facts.uploaded, "UPLOADED"),
        (facts.staged, "STAGED"),
    )
    return next((state for known, state in ladder if known), "FOUND")
