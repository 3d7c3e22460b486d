"""The reference page names every outcome that the code can have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from agent import errors
from agent.rules.adoption import Fate
from agent.rules.bay_words import BayState
from agent.rules.diagnosis.finding import NAMES, Severity
from agent.rules.footage import State
from protocol import events

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference.md").read_text()


def named(name: str) -> bool:
    return f"`{name}`" in PAGE


@pytest.mark.parametrize("kind", get_args(events.AnyEvent), ids=lambda kind: kind.__struct_config__.tag)
def test_every_custody_event_is_explained(kind: type[events.Event]) -> None:
    assert named(str(kind.__struct_config__.tag))


@pytest.mark.parametrize("word", [*State, *BayState])
def test_every_state_and_bay_word_is_explained(word: str) -> None:
    assert named(word)


@pytest.mark.parametrize(
    "code", sorted({kind.code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "code")})
)
def test_every_error_code_is_explained(code: str) -> None:
    assert named(code)


def test_every_reason_to_keep_a_file_on_its_card_is_explained() -> None:
    source = (ROOT / "agent" / "rules" / "erasure.py").read_text()
    reasons = set(re.findall(r'return "([a-z_]+)"', source))
    assert len(reasons) >= 15
    assert {reason for reason in reasons if not named(reason)} == set()


@pytest.mark.parametrize("name", [*NAMES, *Severity])
def test_every_finding_of_doctor_is_explained(name: str) -> None:
    assert named(name)


@pytest.mark.parametrize("fate", [*Fate])
def test_what_becomes_of_a_dead_pcs_copies_is_explained(fate: str) -> None:
    assert f"`{fate}`" in (ROOT / "docs" / "recovery.md").read_text()
