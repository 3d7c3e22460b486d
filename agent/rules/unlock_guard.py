"""Whether a password may be tried on a locked camera. A camera that locked itself out is lost to everybody: one
refusal is enough, and it is remembered over restarts."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, replace

_COST, _BLOCK = 1 << 14, 8
MOST_IN_A_ROW = 2
"""Refusals by different plugs without a success between them, after which a password that once worked is in doubt."""


@dataclass(frozen=True, slots=True)
class Tries:
    """What became of one password. It is known by a slow salted digest only."""

    salt: str = ""
    digest: str = ""
    proven: bool = False
    """Some camera took it."""
    refused_in_a_row: int = 0
    tried_plugs: tuple[str, ...] = ()
    """Where it was tried and not taken, also without an answer."""

    def encoded(self) -> str:
        return json.dumps(asdict(self))


def decoded(text: str | None) -> Tries:
    """Raises ValueError for what `encoded` never made."""
    if not text:
        return Tries()
    found = json.loads(text)
    return Tries(**{**found, "tried_plugs": tuple(found["tried_plugs"])})


def of_password(tries: Tries, password: str, salt: bytes) -> Tries:
    """What is known of this password; nothing when it is another than before. `password`: all of its file, so that a
    person can say "try again" by changing anything there. `salt`: fresh random bytes."""
    if tries.salt and hmac.compare_digest(_digest(password, bytes.fromhex(tries.salt)), tries.digest):
        return tries
    return Tries(salt=salt.hex(), digest=_digest(password, salt))


def why_not(tries: Tries, plug: str) -> str:
    """Why it must not be tried on this plug; empty when it may."""
    if plug in tries.tried_plugs:
        return "this camera did not take it"
    if not tries.proven and tries.refused_in_a_row:
        return "a camera of this model refused it, and none has ever taken it"
    if tries.refused_in_a_row >= MOST_IN_A_ROW:
        return f"the last {tries.refused_in_a_row} cameras of this model refused it"
    return ""


def tried(tries: Tries, plug: str) -> Tries:
    """To be recorded before it is tried: who dies in between must not try it again on this plug."""
    return replace(tries, tried_plugs=(*tries.tried_plugs[-99:], plug))


def refused(tries: Tries) -> Tries:
    """The camera said that it is wrong."""
    return replace(tries, refused_in_a_row=tries.refused_in_a_row + 1)


def taken(tries: Tries, plug: str) -> Tries:
    """The camera took it."""
    others = tuple(one for one in tries.tried_plugs if one != plug)
    return replace(tries, proven=True, refused_in_a_row=0, tried_plugs=others)


def _digest(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=_COST, r=_BLOCK, p=1).hex()
