"""A ledger that ended is kept, and the one that follows knows which it follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.daemon.opening import open_memory
from agent.ledger.health import look
from agent.ledger.store import SqliteLedger
from agent.rules.changes import WatchStarted
from tests.ledger.story import at

STATION = "east-1"


def opened(state: Path, *, is_replacement: bool = False, has_copies: bool = False) -> SqliteLedger:
    return open_memory(state, STATION, at(0), is_replacement=is_replacement, has_copies=has_copies)


def test_a_disk_that_is_put_back_twice_leaves_two_pieces_of_evidence(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.commit(WatchStarted(at=at(1), reason="test", sources=()))
    first.remember(ended="forked")
    first.close()
    copy = (tmp_path / "ledger.db").read_bytes()
    for times in (1, 2):
        (tmp_path / "ledger.db").write_bytes(copy)
        second = opened(tmp_path)
        assert second.rebuilt
        assert (second.note("predecessor"), second.note("predecessor_why")) == (str(first.uuid), "forked")
        assert second.uuid != first.uuid
        second.close()
        assert len(list(tmp_path.glob(f"ledger-{first.uuid}*.db"))) == times
    assert (tmp_path / f"ledger-{first.uuid}.2.db").read_bytes() == copy


def test_a_successor_is_called_sound_by_doctor_and_the_ledger_that_ended_is_not(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.remember(ended="forked")
    first.close()
    assert look(tmp_path / "ledger.db").fork == "forked"
    opened(tmp_path).close()
    found = look(tmp_path / "ledger.db")
    assert (found.fork, found.follows.partition(":")[0]) == ("", "forked")


def test_a_ledger_that_did_not_end_stays_where_it_is(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.close()
    again = opened(tmp_path)
    again.close()
    assert (again.uuid, again.rebuilt) == (first.uuid, False)


@pytest.mark.parametrize(
    ("is_replacement", "has_copies", "why"),
    [(False, False, None), (True, False, "replaced"), (True, True, "replaced"), (False, True, "lost")],
)
def test_a_first_ledger_knows_whether_another_came_before_it_on_another_pc(
    tmp_path: Path, is_replacement: bool, has_copies: bool, why: str | None
) -> None:
    ledger = opened(tmp_path, is_replacement=is_replacement, has_copies=has_copies)
    assert (ledger.rebuilt, ledger.note("predecessor_why")) == (why is not None, why)
    ledger.close()


def test_a_ledger_lost_on_a_pc_that_once_replaced_another_is_lost_not_replaced(tmp_path: Path) -> None:
    opened(tmp_path, is_replacement=True).close()
    for path in tmp_path.glob("ledger.db*"):
        path.unlink()
    ledger = opened(tmp_path, is_replacement=True)
    assert ledger.note("predecessor_why") == "lost"
    ledger.close()
