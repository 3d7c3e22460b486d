"""Our central holds every row of the suite that it offers; what it does not offer is written down here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.our_central import OurCentral
from tests.conformance.suite import HOLDS, ROWS, Row, outcome


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OurCentral]:
    server = OurCentral(tmp_path_factory.mktemp("central"))
    server.start()
    yield server
    server.kill()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.run.__name__)
def test_central_holds(row: Row, central: OurCentral) -> None:
    assert outcome(row, central) == HOLDS
