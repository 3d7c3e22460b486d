"""What can go wrong, sorted by what happens next: try again later, refuse, or call a person.

Adapters raise only these. Every error has a `code` (one word, the same in log, ledger and documentation), a
sentence for people, and a hint that says what to do.
"""

from __future__ import annotations


class DockError(Exception):
    """Common ground of every error that the agent names."""

    code = "dock_error"

    def __init__(self, message: str, *, code: str | None = None, hint: str = "") -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        self.hint = hint

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text} {self.hint}".rstrip() if self.hint else text


class ConfigError(DockError):
    """The configuration cannot be used. Lists every problem at once; nothing was changed."""

    code = "config_invalid"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class RetryLater(DockError):
    """A passing trouble. The same call may succeed later; `retry_after_s` is what the other side asked for."""

    code = "retry_later"

    def __init__(
        self, message: str, *, code: str | None = None, hint: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.retry_after_s = retry_after_s


class Refused(DockError):
    """The other side said no, and asking again in the same way will not change that."""

    code = "refused"


class AuthRefused(Refused):
    """Central does not accept our credential. Copying goes on; uploads wait. `reason`: central's own word for why."""

    code = "auth_refused"

    def __init__(self, message: str, *, code: str | None = None, hint: str = "", reason: str = "") -> None:
        super().__init__(message, code=code, hint=hint)
        self.reason = reason


class ProtocolViolation(Refused):
    """The answer cannot be central's: a lying offset, HTML with 200, a redirect. No state was advanced."""

    code = "protocol_violation"


class NeedsOperator(DockError):
    """A person must look. The footage concerned stays where it is."""

    code = "needs_operator"


# --- the card -----------------------------------------------------------------------------------------


class CardError(DockError):
    """Something about this one card or bay. Never touches other bays."""

    code = "card_error"


class CardGone(CardError):
    """The card was pulled, or its volume is not the one we mounted. An empty listing is never evidence."""

    code = "card_gone"


class CardUnreadable(CardError):
    """The kernel reported an I/O error. What could be read is kept; the card is not written to this session."""

    code = "card_unreadable"


class CardStalled(CardError):
    """A call on the card did not return in time: it hangs in the kernel. Costs this bay only."""

    code = "card_stalled"


class MountRefused(CardError):
    """The card could not be mounted as asked. It was not written to."""

    code = "mount_refused"


class UnlockFailed(CardError):
    """A locked camera did not become storage. Its footage is where it was; nothing was erased or formatted."""

    code = "unlock_failed"


class UnlockRefused(UnlockFailed):
    """The camera did not take the password. It is not tried again: cameras lock themselves out."""

    code = "unlock_refused"


class UnlockHeldBack(UnlockFailed):
    """The password was not tried, because it was refused before and has not changed since."""

    code = "unlock_held_back"


class UnlockNotSetUp(UnlockFailed):
    """The station has no program or no usable password for this model."""

    code = "unlock_not_set_up"


# --- the spool ----------------------------------------------------------------------------------------


class SpoolFull(RetryLater):
    """No room for another copy. Files wait on their cameras; nothing is dropped."""

    code = "spool_full"


class SpoolBroken(NeedsOperator):
    """The spool's disk failed to make bytes durable. The copy was dropped; the card still has the file."""

    code = "spool_broken"


# --- the ledger ---------------------------------------------------------------------------------------


class IllegalMove(DockError):
    """A change that the table in `rules.custody` does not allow. Nothing was written."""

    code = "illegal_move"


class LedgerBroken(NeedsOperator):
    """The ledger cannot be trusted or written."""

    code = "ledger_broken"


class LedgerEnded(LedgerBroken):
    """Its history goes on elsewhere: central holds another one under its UUID, or closed it. A new ledger follows."""

    code = "ledger_ended"


# --- uploads ------------------------------------------------------------------------------------------


class UploadGone(Refused):
    """Central no longer knows this upload (404, 410). Only this starts an upload anew."""

    code = "upload_gone"

    def __init__(self, message: str, *, hint: str = "", proven: bool = True) -> None:
        """`proven`: the answer was a tus server's own. Another web server's 404 is no reason to start anew."""
        super().__init__(message, hint=hint)
        self.proven = proven


class OffsetConflict(Refused):
    """409: central has another offset. Ask with `resume` and go on from there."""

    code = "offset_conflict"


class ChunkRefused(Refused):
    """460: the chunk arrived damaged. Send it again; after three times the copy itself is in doubt."""

    code = "chunk_refused"


class ChunkTooLarge(Refused):
    """413: something on the way takes only smaller requests. Halve the chunk."""

    code = "chunk_too_large"


class UploadLocked(RetryLater):
    """423: an earlier connection still holds the upload. Never a reason to start anew."""

    code = "upload_locked"
