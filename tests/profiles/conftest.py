"""The simulated card of each shipped camera profile, written once for all tests of a run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.card_folder import write_card
from simulator.clips import CardPlan
from simulator.layouts import LAYOUTS
from tests.made_once import made_once

UNTIL = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
"""Before the simulated clock's now: later recordings would be impossible."""
SERIAL = "ACCC8E1"
FACTS = {
    "generic-msc": {"source": "usb", "fs_uuid": "AAAA-0001"},
    "novatek": {
        "source": "usb",
        "usb_vendor_id": "0603",
        "usb_model_id": "8611",
        "usb_serial": "96680-00000-001",
        "fs_label": "NO NAME",
        "fs_uuid": "AAAA-0001",
    },
    "blackvue": {"source": "usb", "fs_label": "CAR-7", "fs_uuid": "AAAA-0001"},
    "transcend-body": {"source": "usb", "fs_label": "DPB30", "usb_serial": "TS1", "fs_uuid": "AAAA-0001"},
    "axis-export": {"source": "folder", "folder_name": SERIAL},
    "gat947": {"source": "usb", "usb_vendor_id": "0000", "usb_model_id": "0948", "unlock_serial": SERIAL},
}
"""What a source would know of each."""

Card = Callable[[str], Path]


@pytest.fixture
def card(tmp_path: Path) -> Card:
    """A card of this model, to do with as one likes."""

    def of(model: str) -> Path:
        plan = CardPlan(serial=SERIAL, recorded_until=UNTIL, files=3, size=16 << 10, model=model)
        made = made_once(f"card of {model}", lambda folder: write_card(folder, plan))
        target = tmp_path / "cards" / SERIAL
        target.parent.mkdir(exist_ok=True)
        if made is None:
            write_card(target, plan)
        else:
            shutil.copytree(made, target)
        return target

    assert LAYOUTS.keys() == FACTS.keys()
    return of
