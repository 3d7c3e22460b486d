"""What a custody record cannot show, said in it. Pure: each sentence follows from the record's own values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Record = Mapping[str, Any]


def cannot_show(record: Record) -> list[str]:
    """In the order in which a reader asks."""
    return [*_before_the_dock(record), *_clocks(record), *_the_card(record), *_afterwards(record)]


def _before_the_dock(record: Record) -> Iterator[str]:
    yield (
        "What happened to the file before its first read. Its SHA-256 was first computed when the station read "
        "it from "
        "the card. Whether it was complete and unchanged since the camera wrote it, this record does not know."
    )
    yield (
        "Whether the camera recorded everything that it should have, and whether anything was removed from it before "
        "it was docked. The card's listing tells what it held at that moment."
    )
    if record["assignment"] is None:
        yield "Who wore the camera. The roster has no shift for this recording, or its time is not known."
    else:
        yield (
            "Who wore the camera. The officer named here is the roster's: nobody was recognised, and a camera "
            "that was "
            "handed on by hand leaves no trace here."
        )
    if record["camera"]["name_is_unique"] is not True:
        yield "That the serial is this camera's alone: it is not known to be unique."


def _clocks(record: Record) -> Iterator[str]:
    ahead = record["camera"]["clock_ahead_of_station_s"]
    if ahead is None:
        yield (
            "How wrong the camera's clock was. It told the station no time, so the time of recording is the camera's "
            "word, unmeasured."
        )
    else:
        yield (
            f"How wrong the camera's clock was while it recorded. When it was docked it was {_ahead(ahead)} the "
            "station's; the times of recording are as the camera told them and are not corrected by that."
        )
    if any(one["clock"] == "the station's" and one["uncertainty_s"] is None for one in record["instants"]):
        yield "How far the station's clock was from central's in that dock: it was not measured."
    yield "That central's clock was right. It is what all others are compared with."


def _the_card(record: Record) -> Iterator[str]:
    card = record["card"]
    if card is None:
        yield "What else was on the card: central does not know the dock in which the file was copied."
        return
    if not card["listings"]:
        yield "That the list of the card's files is full: its station has not told its count."
        return
    first, told = card["listings"][0], len(card["files"])
    if first["files"] != told:
        yield (
            f"Why the station counted {first['files']} files on the card and central heard of {told}: a file "
            "that came "
            "later, that is still to be told, or that was on the card from an earlier dock makes such a difference."
        )
    yield (
        "The station's listing byte for byte. Central has its counts and its SHA-256, and a row for each file "
        "that was "
        "announced; the listing itself is in the station's ledger."
    )
    if not all(one["complete"] for one in card["listings"]):
        yield "The part of the card that could not be read when it was listed."


def _afterwards(record: Record) -> Iterator[str]:
    if record["asset"]["salvage"]:
        yield "The whole file. The card could not be read to its end: these are the bytes that could be."
    if not record["asset"]["held_by_central"]:
        yield "The bytes themselves: central does not hold a good copy of them now."
    if any(not one["hash_recomputed"] for one in record["custody_events"]):
        yield "That every event is as its station wrote it: for at least one, its hash does not come out again."
    yield (
        "What the pictures show, or that they show the truth. Equal SHA-256 means equal bytes, from the "
        "station's read "
        "on; it judges no content."
    )
    yield (
        "Who saw a copy after it left central, and who read central's disk without central. The views listed "
        "are those "
        "that went through its pages."
    )
    yield (
        "The software that ran on the station at that moment: the events do not name it. The version given is "
        "the one "
        "of its last heartbeat."
    )
    yield (
        "That central's signing key was in nobody else's hands. The signature shows that who held the key "
        "signed these "
        "bytes, and that they are unchanged."
    )


def _ahead(seconds: float) -> str:
    return f"{abs(seconds):g} s {'behind' if seconds < 0 else 'ahead of'}"
