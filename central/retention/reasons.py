"""Why footage may not be deleted, and why a person's word is not taken: each by its name. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Kept(StrEnum):
    """Why an asset may not be deleted now. docs/retention.md explains each."""

    NOT_STORED = "not_stored"
    DELETED = "deleted"
    ROTTEN = "rotten"
    NOT_VERIFIED = "not_verified"
    ON_CAMERA = "on_camera"
    HOLD = "hold"
    UNCLASSIFIED = "unclassified"
    CATEGORY_UNKNOWN = "category_unknown"
    FOREVER = "forever"
    BEFORE_MINIMUM = "before_minimum"
    CONFLICT = "conflict"
    CLOCK_IN_DOUBT = "clock_in_doubt"


SENTENCES: Mapping[Kept, str] = {
    Kept.NOT_STORED: "central does not hold its bytes",
    Kept.DELETED: "it was deleted already",
    Kept.ROTTEN: "the stored copy is damaged, and its station may still have a good one",
    Kept.NOT_VERIFIED: "central has not read it back yet, so its retention has not begun",
    Kept.ON_CAMERA: "its camera is not known to have been erased of it",
    Kept.HOLD: "it is on hold",
    Kept.UNCLASSIFIED: "nobody said what it is",
    Kept.CATEGORY_UNKNOWN: "its category is not one of central.toml any more",
    Kept.FOREVER: "its category is kept for ever",
    Kept.BEFORE_MINIMUM: "its minimum retention is not over",
    Kept.CONFLICT: "a citation, arrest or report is linked to it, and its category is the lowest",
    Kept.CLOCK_IN_DOUBT: "central's own clock is in doubt",
}


class Refusal(StrEnum):
    """Why nothing was done."""

    NO_SUCH_ASSET = "no_such_asset"
    NOT_SEEN = "not_seen"
    ROLE = "role"
    OWN_FOOTAGE = "own_footage"
    OWN_ONCE = "own_once"
    NO_SUCH_CATEGORY = "no_such_category"
    SAME_CATEGORY = "same_category"
    NO_REASON = "no_reason"
    NO_REQUEST_NUMBER = "no_request_number"
    TOO_LONG = "too_long"
    NO_SUCH_HOLD = "no_such_hold"
    RELEASED_ALREADY = "released_already"
    NOT_IN_BIN = "not_in_bin"
    NO_SUCH_PERSON = "no_such_person"
    DELETED_ALREADY = "deleted_already"
    KEPT = "kept"


REFUSALS: Mapping[Refusal, str] = {
    Refusal.NO_SUCH_ASSET: "There is no asset {asset}.",
    Refusal.NOT_SEEN: "There is no such file, or it is not among those that you answer for.",
    Refusal.ROLE: "Your role may not do this.",
    Refusal.OWN_FOOTAGE: "This is your own footage. Nobody decides about himself: ask another supervisor.",
    Refusal.OWN_ONCE: "You may say once what your own footage is, and afterwards only a category that is kept "
    "longer. Ask your supervisor.",
    Refusal.NO_SUCH_CATEGORY: "There is no category {category!r}; there are: {known}.",
    Refusal.SAME_CATEGORY: "It is {category} already.",
    Refusal.NO_REASON: "Say why, in 3 to 1000 characters; it is kept.",
    Refusal.NO_REQUEST_NUMBER: "Say the number of the case, request or complaint; it is kept.",
    Refusal.TOO_LONG: "{what} has more than {most} characters.",
    Refusal.NO_SUCH_HOLD: "There is no hold {number}.",
    Refusal.RELEASED_ALREADY: "Hold {number} was released already.",
    Refusal.NOT_IN_BIN: "It is not in the bin.",
    Refusal.NO_SUCH_PERSON: "{email} is nobody who may log in here.",
    Refusal.DELETED_ALREADY: "Its bytes were deleted already; `export tombstones` says when, by whom and why.",
    Refusal.KEPT: "Asset {asset} is kept: {why}.",
}


class RetentionRefused(Exception):
    """Nothing was written, and nothing deleted. The message says why."""

    def __init__(self, name: Refusal, **details: object) -> None:
        super().__init__(REFUSALS[name].format(**details) + " Nothing was changed.")
        self.name = name
