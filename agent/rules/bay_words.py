"""What a bay says to the officer in front of it. One word per situation, the same on board, status and docs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BayState(StrEnum):
    FREE = "free"
    IDENTIFYING = "identifying"
    DO_NOT_REMOVE = "do not remove"
    MAY_BE_TAKEN = "may be taken"
    """Every file is durable in the spool; the card is not yet erased."""
    SAFE_TO_REMOVE = "safe to remove"
    """Every file is receipted and erased, or kept by policy."""
    LEAVE_IN_BAY = "leave in bay"
    """A file needs IT."""
    PUT_BACK = "put back"
    """Pulled with files that were not copied."""
    NOT_OUR_CAMERA = "not our camera"
    USE_ANOTHER_BAY = "use another bay"


@dataclass(frozen=True, slots=True)
class BayView:
    """What is known of one bay now."""

    occupied: bool
    identified: bool = False
    refused: bool = False
    """A device that is not served: a phone, a keyboard."""
    troubled: bool = False
    """The bay itself: failed mounts, hanging reads."""
    erasing: bool = False
    not_copied: int = 0
    """Files on the card that are not durable in the spool."""
    not_settled: int = 0
    """Files without a receipt, or that will still be erased."""
    need_it: int = 0
    """Files that need a person."""
    left_behind: int = 0
    """After an undock: files that were on the card and not copied."""


def bay_says(bay: BayView) -> BayState:
    """The most urgent true thing."""
    if not bay.occupied:
        return BayState.PUT_BACK if bay.left_behind else BayState.FREE
    if bay.refused:
        return BayState.NOT_OUR_CAMERA
    if bay.troubled:
        return BayState.USE_ANOTHER_BAY
    if not bay.identified:
        return BayState.IDENTIFYING
    if bay.erasing or bay.not_copied:
        return BayState.DO_NOT_REMOVE
    if bay.need_it:
        return BayState.LEAVE_IN_BAY
    if bay.not_settled:
        return BayState.MAY_BE_TAKEN
    return BayState.SAFE_TO_REMOVE
