"""How much a roaming test tries: enough to be worth its minutes in CI, far more in `make soak`; and from which seed.

`make soak` prints its seed; `SEED=… make soak` repeats a run.
"""

from __future__ import annotations

import os
import random

IS_SOAK = os.environ.get("SCALE") == "soak"


def amount(*, ci: int, soak: int) -> int:
    """How many steps, kills or worlds this run tries."""
    return soak if IS_SOAK else ci


def seed(default: int) -> int:
    """The seed of this run: `SEED` where it is set, else `default`, so that CI does the same every day."""
    return int(os.environ.get("SEED", default))


def dice(default_seed: int) -> random.Random:
    """Chance that a failure can be repeated from."""
    return random.Random(seed(default_seed))
