"""The one store, signer and verifier of this process."""

from __future__ import annotations

import threading
from functools import lru_cache

from django.conf import settings

from central import clock
from central.custody.object_store import ObjectStore
from central.custody.signing import load_signer
from central.custody.turns import TURNS
from central.custody.verification import Workplace
from central.custody.verifier import Verifier
from central.data_dir import DataDir


@lru_cache(maxsize=4)
def _place(data: DataDir) -> Workplace:
    return Workplace(ObjectStore(data), TURNS, load_signer(data.receipt_key), clock.now)


@lru_cache(maxsize=4)
def _verifier(data: DataDir) -> Verifier:
    return Verifier(_place(data))


_making = threading.Lock()
"""Without it, two first requests at once would make two verifiers."""


def workplace() -> Workplace:
    return _place(settings.DATA)


def verifier() -> Verifier:
    with _making:
        return _verifier(settings.DATA)
