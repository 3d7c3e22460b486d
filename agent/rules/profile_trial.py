"""What a camera profile makes of a card: every file's role, owner, time and fate. Decides nothing, erases nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.rules.container_time import Container
from agent.rules.footage import CardFile, FileKind, Listing
from agent.rules.identity import Identity
from agent.rules.pairing import videos_of
from agent.rules.profiles import Candidate, Profile, classify, is_flagged, is_in_progress, shown
from agent.rules.recording_time import Recorded, recorded

GOES = "after_receipt"
"""May be erased once central has receipted exactly its bytes."""


@dataclass(frozen=True, slots=True)
class FileTrial:
    """One file of the card."""

    path: bytes
    size: int
    kind: FileKind
    in_progress: bool
    flagged: bool
    owners: tuple[bytes, ...]
    """The videos that a sidecar belongs to, and goes after."""
    when: Recorded
    fate: str
    """`after_receipt`, or the lasting reason why it stays: a name of docs/reference.md."""


@dataclass(frozen=True, slots=True)
class CardTrial:
    """The whole card."""

    facts: Mapping[str, str]
    candidates: tuple[Candidate, ...]
    profile: Profile
    chosen: str
    """Why this one: `matched`, `asked` (by name), `fallback` (none fits)."""
    identity: Identity
    files: tuple[FileTrial, ...]
    listing: Listing
    warnings: tuple[str, ...]

    def of_kind(self, kind: FileKind) -> tuple[FileTrial, ...]:
        return tuple(file for file in self.files if file.kind is kind)


def tried(
    facts: Mapping[str, str],
    found: Sequence[Candidate],
    profile: Profile,
    chosen: str,
    identity: Identity,
    listing: Listing,
    containers: Mapping[bytes, Container],
) -> CardTrial:
    """`found`: what every profile makes of the card. `containers`: what each video's container tells."""
    kinds = {file.path: classify(profile, file.path) for file in listing.files}
    videos = [path for path, kind in kinds.items() if kind is FileKind.VIDEO]
    files = tuple(
        _of_file(file, profile, kinds[file.path], videos, identity, containers.get(file.path, Container()))
        for file in listing.files
    )
    warnings = tuple(_warnings(found, profile, chosen, identity, listing, files))
    return CardTrial(facts, tuple(found), profile, chosen, identity, files, listing, warnings)


def _of_file(
    file: CardFile,
    profile: Profile,
    kind: FileKind,
    videos: Sequence[bytes],
    identity: Identity,
    container: Container,
) -> FileTrial:
    return FileTrial(
        path=file.path,
        size=file.size,
        kind=kind,
        in_progress=is_in_progress(profile, file.path),
        flagged=is_flagged(profile, file.path),
        owners=videos_of(file.path, videos, profile.pairing) if kind is FileKind.SIDECAR else (),
        when=recorded(profile.time, container, file.path, file.mtime_ns),
        fate=_fate(profile, kind, identity),
    )


def _fate(profile: Profile, kind: FileKind, identity: Identity) -> str:
    if kind is FileKind.MARKER or kind not in profile.erase_kinds:
        return "profile_keeps_kind"
    if not profile.erase_enabled:
        return "profile_erase_off"
    return GOES if identity.unique else "identity_not_unique"


def _warnings(
    found: Sequence[Candidate],
    profile: Profile,
    chosen: str,
    identity: Identity,
    listing: Listing,
    files: Sequence[FileTrial],
) -> list[str]:
    told = []
    if chosen == "fallback":
        told.append("No profile fits: such a card is served read-only, and IT is told (unknown_camera).")
    best = max((one.weight for one in found), default=0)
    equal = [one.profile.name for one in found if one.weight == best]
    if chosen == "matched" and len(equal) > 1:
        told.append(f"{' and '.join(equal)} fit equally well; {equal[0]} counts because it is read first.")
    if not identity.unique:
        told.append(
            f"Nothing names this camera alone (best: {identity.source}). Its card is never erased, and its docks "
            "cannot prove that another camera was absent."
        )
    if not listing.complete:
        told.append("The card could not be listed whole; what is said here is of a part of it.")
    if listing.refused:
        told.append(f"{len(listing.refused)} entries are refused (links, devices, damaged names): never opened.")
    return told + _warnings_of_files(profile, files)


def _warnings_of_files(profile: Profile, files: Sequence[FileTrial]) -> list[str]:
    videos = [file for file in files if file.kind is FileKind.VIDEO]
    lone = [file for file in files if file.kind is FileKind.SIDECAR and not file.owners]
    timeless = [file for file in videos if file.when.at is None]
    by_disk = [file for file in videos if file.when.source == "mtime"]
    others = [file for file in files if file.kind is FileKind.OTHER]
    told = []
    if not videos:
        told.append("There is no video: check [files] video, or record something first.")
    if lone:
        told.append(
            f"{len(lone)} sidecars belong to no video, the first is {shown(lone[0].path)}: check pair_by_name."
        )
    if timeless:
        told.append(
            f"{len(timeless)} videos have no recording time, the first is {shown(timeless[0].path)}: "
            "check [time] sources, name_patterns and not_before."
        )
    if by_disk and profile.time.sources[:1] != ("mtime",):
        told.append(f"{len(by_disk)} videos have only the file's own time, the first is {shown(by_disk[0].path)}.")
    if others:
        told.append(
            f"{len(others)} files are named by no rule, the first is {shown(others[0].path)}: they travel, and stay "
            "on the card."
        )
    return told
