"""Post offices that are closed when the test is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.mailing.post_office import PostOffice


@pytest.fixture
def post_office() -> Iterator[Callable[..., PostOffice]]:
    opened: list[PostOffice] = []

    def opens(**plans: Any) -> PostOffice:
        office = PostOffice(**plans)
        office.open()
        opened.append(office)
        return office

    yield opens
    for office in opened:
        office.close()
