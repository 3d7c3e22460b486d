"""No room at central has one name, whether the footage or the database met it first."""

from __future__ import annotations

import errno
import os
import sqlite3

import pytest
from django.db import OperationalError

from central.custody.receiving import StoreFull, full_store_named
from central.intake.answers import refusal_for


def told_by_sqlite() -> OperationalError:
    """What a database without room says, as Django hands it on."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (x)")
    database.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as full:
        database.execute("INSERT INTO t VALUES (zeroblob(100000))")
    database.close()
    return OperationalError(*full.value.args)


def test_a_full_database_is_told_as_a_full_store_and_not_as_a_busy_one() -> None:
    refused = refusal_for(told_by_sqlite())
    assert (refused.status, refused.problem.code) == (507, "store_full")
    assert refused.headers["Retry-After"] == "60"
    assert refusal_for(OperationalError("database is locked")).status == 503


@pytest.mark.parametrize("error", [told_by_sqlite(), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))])
def test_no_room_for_a_body_or_for_its_row_is_a_full_store(error: Exception) -> None:
    with pytest.raises(StoreFull), full_store_named():
        raise error
