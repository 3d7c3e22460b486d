from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog

from agent.pipeline import upload


def bugs_are_loud(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An error that the agent did not foresee is caught, logged and survived in the field. Here it ends the story."""
    if event.get("exc_info"):
        raise AssertionError(f"the agent did not foresee this: {event}")
    raise structlog.DropEvent


@pytest.fixture(autouse=True)
def small_and_loud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files of a few bytes travel in requests of their own, as large ones do; logs are for bugs alone."""
    monkeypatch.setattr(upload, "SMALL_FILE", 16)
    before = structlog.get_config()
    structlog.configure(processors=[bugs_are_loud])
    yield
    structlog.configure(**before)
