"""What `dock-agent profile` shows: counts first, then the reasons, then every file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from agent.adapters.profile_files import ProfileSet
from agent.rules.footage import FileKind
from agent.rules.profile_trial import GOES, CardTrial, FileTrial
from agent.rules.profiles import Profile, shown

NO_CLOCK = "not known: no plain mass-storage camera tells its clock; a locked camera tells it when it is unlocked"


def listed(found: ProfileSet, profiles: Sequence[Profile]) -> dict[str, Any]:
    """Every profile as JSON values."""
    files = dict(found.files)
    return {
        "profiles": [
            {
                "name": profile.name,
                "description": profile.description,
                "file": str(files[profile.name]),
                "replaces_shipped": profile.name in found.overridden,
                "held_back": profile.name in found.held_back,
                "locked": profile.unlock is not None,
                "erase": profile.erase_enabled and bool(profile.erase_kinds),
                "erase_kinds": sorted(profile.erase_kinds),
            }
            for profile in profiles
        ],
        "problems": list(found.problems),
    }


def list_as_text(told: dict[str, Any]) -> str:
    lines = []
    for one in told["profiles"]:
        erase = f"erases {' and '.join(one['erase_kinds'])}" if one["erase"] else "never erases"
        notes = [erase, "locked" if one["locked"] else ""]
        notes += ["instead of the shipped one" if one["replaces_shipped"] else ""]
        notes += ["stands in for the site's wrong file, erasing held back" if one["held_back"] else ""]
        lines.append(f"{one['name']:<16} {', '.join(filter(None, notes))}")
        lines += [f"{'':17}{text}" for text in (one["description"], one["file"]) if text]
    lines += ["", "wrong, and not used:"] if told["problems"] else []
    return "\n".join(lines + [f"  {problem}" for problem in told["problems"]])


def as_json(trial: CardTrial, problems: Sequence[str]) -> dict[str, Any]:
    """The trial as JSON values. Instants are RFC 3339 in UTC; null where unknown."""
    return {
        "profile": trial.profile.name,
        "chosen": trial.chosen,
        "identity": {
            "camera": trial.identity.camera,
            "source": trial.identity.source,
            "unique": trial.identity.unique,
        },
        "erase_enabled": trial.profile.erase_enabled,
        "clock_offset_s": None,
        "counts": _counts(trial),
        "warnings": [*trial.warnings, *problems],
        "candidates": [
            {"profile": one.profile.name, "weight": one.weight, "unfit": list(one.unfit)} for one in trial.candidates
        ],
        "facts": dict(trial.facts),
        "files": [_file_as_json(file) for file in trial.files],
        "refused": [{"path": shown(one.path), "reason": one.reason} for one in trial.listing.refused],
        "listed_whole": trial.listing.complete,
    }


def as_text(trial: CardTrial, problems: Sequence[str]) -> str:
    return "\n".join(_lines(trial, problems))


def _lines(trial: CardTrial, problems: Sequence[str]) -> Iterator[str]:
    counts, identity = _counts(trial), trial.identity
    yield f"profile    {trial.profile.name} ({_WHY[trial.chosen]})"
    yield f"camera     {identity.camera}, by {identity.source}, {'unique' if identity.unique else 'NOT unique'}"
    kinds = ", ".join(f"{counts['kinds'][kind]} {kind}" for kind in FileKind)
    yield f"files      {counts['files']}: {kinds}; {counts['bytes']} bytes"
    more = f"{counts['in_progress']} still being written, {counts['flagged']} flagged"
    yield f"           {more}, {counts['refused']} refused"
    fates = ", ".join(f"{count} {fate}" for fate, count in sorted(counts["fates"].items()))
    yield f"fate       {fates or 'nothing to erase'}"
    times = ", ".join(f"{count} by {source}" for source, count in sorted(counts["times"].items()))
    yield f"times      of videos: {times or 'none'}; {_zones(trial.profile)}"
    yield f"clock      {NO_CLOCK}"
    for warning in (*trial.warnings, *problems):
        yield f"WARNING    {warning}"
    yield ""
    yield "profiles"
    for one in sorted(trial.candidates, key=lambda one: -one.weight):
        said = (
            f"fits, weight {one.weight}"
            if one.weight
            else f"does not fit: {'; or '.join(dict.fromkeys(one.unfit)) or 'no match'}"
        )
        yield f"  {one.profile.name:<16} {said}"
    yield "facts"
    for key, value in sorted(trial.facts.items()):
        yield f"  {key:<16} {value}"
    yield "files"
    for file in trial.files:
        yield from _file_lines(file)
    for entry in trial.listing.refused:
        yield f"  {shown(entry.path)}: refused, {entry.reason}"


_WHY = {"matched": "it fits", "asked": "you asked for it", "fallback": "no profile fits"}


def _file_lines(file: FileTrial) -> Iterator[str]:
    marks = ["being written" if file.in_progress else "", "flagged" if file.flagged else ""]
    yield f"  {shown(file.path)}: {', '.join(filter(None, (file.kind, *marks, file.fate)))}"
    if file.kind is FileKind.VIDEO:
        until = f" to {_stamp(file.when.until)}" if file.when.until else ""
        yield f"      recorded {_stamp(file.when.at) or 'unknown'}{until}, by {file.when.source or 'nothing'}"
    for owner in file.owners:
        yield f"      belongs to {shown(owner)}"


def _zones(profile: Profile) -> str:
    time = profile.time
    return f"names in {time.name_zone}, containers in {time.container_zone}, the file's own time in {time.mtime_zone}"


def _counts(trial: CardTrial) -> dict[str, Any]:
    kinds = Counter(file.kind for file in trial.files)
    videos = trial.of_kind(FileKind.VIDEO)
    return {
        "files": len(trial.files),
        "bytes": sum(file.size for file in trial.files),
        "kinds": {kind.value: kinds[kind] for kind in FileKind},
        "in_progress": sum(file.in_progress for file in trial.files),
        "flagged": sum(file.flagged for file in trial.files),
        "refused": len(trial.listing.refused),
        "fates": dict(Counter(file.fate for file in trial.files)),
        "after_receipt": sum(file.fate == GOES for file in trial.files),
        "times": dict(Counter(file.when.source or "nothing" for file in videos)),
    }


def _file_as_json(file: FileTrial) -> dict[str, Any]:
    return {
        "path": shown(file.path),
        "size": file.size,
        "kind": file.kind.value,
        "in_progress": file.in_progress,
        "flagged": file.flagged,
        "belongs_to": [shown(owner) for owner in file.owners],
        "recorded_at": _stamp(file.when.at) or None,
        "recorded_until": _stamp(file.when.until) or None,
        "recorded_source": file.when.source,
        "fate": file.fate,
    }


def _stamp(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else ""
