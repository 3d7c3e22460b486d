"""Why a word is not taken, each reason by its name and in a sentence for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Refusal(StrEnum):
    NOT_SEEN = "not_seen"
    ROLE = "role"
    OWN_SHIFT = "own_shift"
    OWN_CAMERA = "own_camera"
    NOT_CONCERNED = "not_concerned"
    NOT_THE_DECIDER = "not_the_decider"
    PARTY = "party"
    NOT_YOURS = "not_yours"
    NOBODYS_SHIFT = "nobodys_shift"
    TOO_OLD = "too_old"
    NOT_BEGUN = "not_begun"
    NOTHING_TO_CONTEST = "nothing_to_contest"
    SAID_ALREADY = "said_already"
    CLOSED_ALREADY = "closed_already"
    CHANGED_SINCE = "changed_since"
    SAME_CAMERA = "same_camera"
    UNKNOWN_CAMERA = "unknown_camera"
    SAME_END = "same_end"
    NO_END = "no_end"
    END_NOT_AFTER_START = "end_not_after_start"
    TOO_LONG = "too_long"
    NO_TEXT = "no_text"
    TEXT_TOO_LONG = "text_too_long"
    NO_SUCH_OUTCOME = "no_such_outcome"


SENTENCES: Mapping[Refusal, str] = {
    Refusal.NOT_SEEN: "There is no such shift, or it is not among those that you see.",
    Refusal.ROLE: "Your role may not say this. Ask the supervisor of this shift.",
    Refusal.OWN_SHIFT: "This is your own shift. Nobody decides about himself: ask another supervisor. "
    "You may contest.",
    Refusal.OWN_CAMERA: "A shift of your own with camera {camera} would be touched by this ({shift}). "
    "Nobody decides about himself: ask another supervisor, or IT.",
    Refusal.NOT_CONCERNED: "Only the officer of this shift, or a supervisor for him, may contest.",
    Refusal.NOT_THE_DECIDER: "This contest is decided by {decider}.",
    Refusal.PARTY: "You have a part in this: as the officer, as the one who contests, or by an answer of yours. "
    "{decider} decides.",
    Refusal.NOT_YOURS: "Only whoever said this may withdraw it, or an administrator.",
    Refusal.NOBODYS_SHIFT: "This shift is {status}: nobody owes anything for it, and nothing is to be said.",
    Refusal.TOO_OLD: "This shift ended more than {days} days ago and is not judged any more. "
    "What was said of it stays.",
    Refusal.NOT_BEGUN: "This shift has not begun.",
    Refusal.NOTHING_TO_CONTEST: "Nothing stands against anybody for this shift: there is nothing to contest.",
    Refusal.SAID_ALREADY: "This was said already by {by} at {at} (answer {number}) and stands.",
    Refusal.CLOSED_ALREADY: "This answer has ended already: {state}.",
    Refusal.CHANGED_SINCE: "The roster was changed again since, so this cannot be taken back. "
    "Say which camera or end is right instead.",
    Refusal.SAME_CAMERA: "The shift has this camera already.",
    Refusal.UNKNOWN_CAMERA: "No station ever saw camera {camera!r}, and it is on no roster. Look at its label again.",
    Refusal.SAME_END: "The shift has this end already.",
    Refusal.NO_END: "The end {said}",
    Refusal.END_NOT_AFTER_START: "The end must be after the shift's start, {start}.",
    Refusal.TOO_LONG: "The shift would last longer than {hours} hours: look at the date again.",
    Refusal.NO_TEXT: "Say why, in a sentence or two.",
    Refusal.TEXT_TOO_LONG: "The text has more than {most} characters.",
    Refusal.NO_SUCH_OUTCOME: "An answer of this kind cannot end so.",
}


class Refused(Exception):
    """Nothing was written. The message says why and what to do."""

    def __init__(self, name: Refusal, **details: object) -> None:
        super().__init__(SENTENCES[name].format(**details) + " Nothing was changed.")
        self.name = name
