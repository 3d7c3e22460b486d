"""Whether configuration, ledger and central know this station as what it is."""

from __future__ import annotations

from dataclasses import dataclass

from agent.rules.diagnosis.finding import Finding, note, ok, problem


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    station: str
    events: int
    fork: str
    """Why central takes it no further; empty when it does."""
    follows: str
    """Which ledger ended before it began, and why."""
    complaints: tuple[str, ...]
    whole: bool


def judge_configuration(file: str, problems: tuple[str, ...]) -> Finding:
    if problems:
        return problem(
            "configuration",
            "; ".join(problems),
            "The agent refuses to start with it; nothing else was looked at.",
            f"Correct {file}; `dock-agent check-config` says when it is right.",
        )
    return ok("configuration", f"{file}: nothing wrong.")


def judge_ledger(path: str, station: str, found: LedgerFacts | None) -> Finding:
    """None: there is no ledger."""
    if found is None:
        return note("ledger", f"There is no ledger at {path}.", "The agent creates it on its first run.")
    saw = f"{path}: ledger of {found.station or 'nobody'} with {found.events} events"
    if found.complaints:
        return problem(
            "ledger",
            f"{saw}; SQLite finds: {'; '.join(found.complaints[:3])}",
            "The file is damaged: most often by the disk, or a lying fsync. Spool and cards are untouched.",
            "Stop the agent, move the file aside (do not delete it), start again: the spool rebuilds a new one.",
        )
    if found.station and found.station != station:
        return problem(
            "ledger",
            f"{saw}; this configuration is for {station}.",
            "The agent refuses to work with another station's ledger.",
            "Correct station.id or [paths] state. `dock-central station replace` lets a new PC take over.",
        )
    if found.fork:
        return problem(
            "ledger",
            f"{saw}; central takes it no further: {found.fork}",
            "Two histories go by one name, as after a restored disk image, a cloned or replaced PC. Footage is safe.",
            "Restart the agent: it keeps this file aside and begins a new ledger. If another PC runs as this "
            "station, switch one of the two off.",
        )
    if found.follows:
        return note(
            "ledger",
            f"{saw}; {found.follows}.",
            "A disk was put back, or two PCs are one station. No footage is lost; the ledger set aside is evidence.",
            "Nothing. Only if central's page of this station says that the old one spoke again, switch one PC off.",
        )
    if not found.whole:
        return note("ledger", f"{saw}; too large for a quick check.", "", "Run `dock-agent verify --quick`.")
    return ok("ledger", f"{saw}; SQLite finds nothing wrong.")


def judge_enrolment(
    station: str, enrolled_as: str | None, url: str, enrolled_at: str, trouble: str
) -> Finding | None:
    """A finding when the credential alone is reason enough; None: ask central."""
    if enrolled_as is None:
        return problem("credential", trouble, "Nothing reaches central; copying goes on into the spool.", _ENROLL)
    if enrolled_as != station:
        return problem(
            "credential",
            f"The credential is that of {enrolled_as}; this configuration is for {station}.",
            "The agent refuses to start: footage would be filed under another station.",
            "Correct station.id or central.credential_file, or enroll again.",
        )
    if enrolled_at.rstrip("/") != url.rstrip("/"):
        return problem(
            "credential",
            f"The credential is for {enrolled_at}; central.url is {url}.",
            "It would be shown to a server that did not give it.",
            "Make them the same, or enroll again.",
        )
    return None


_ENROLL = "`dock-central station add ID` at central gives a code; `dock-agent enroll` here takes it."


def judge_central(url: str, code: str, trouble: str) -> Finding:
    """`code`: why no answer of central came; empty when one did."""
    if not code:
        return ok("central", f"{url} answers.")
    return problem(
        "central",
        trouble,
        "Uploads and heartbeats wait; copying goes on. After a while IT is told that this station is silent.",
        _REACH.get(code, "Check address, name service, firewall and proxy between here and central."),
    )


_REACH = {
    "tls": "See the finding `certificate`.",
    "name_unknown": "Check the name in central.url and this PC's name service (`resolvectl status`).",
    "protocol_violation": "Another server answers there: a login page, a proxy, or a wrong central.url.",
    "central_full": "Free space at central.",
}


def judge_credential(station: str, epoch: int | None, refused: str) -> Finding:
    """`epoch`: of the central that accepted it; None with the reason in `refused`."""
    if epoch is not None:
        return ok("credential", f"Central knows this PC as {station}; its store is in epoch {epoch}.")
    return problem(
        "credential",
        refused,
        "Nothing reaches central; copying goes on into the spool.",
        "`dock-central station replace ID` at central gives a new code; `dock-agent enroll` here takes it.",
    )
