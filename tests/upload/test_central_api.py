"""What CentralApi makes of answers that are not central's, or not to the question."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from agent.adapters.central_api import CentralApi
from agent.adapters.http_session import HttpSession
from agent.errors import AuthRefused, ProtocolViolation, Refused, RetryLater
from agent.ports import StoredEvent
from tests.upload.liar import Liar, answer

ASSET = UUID(int=1)
LEDGER = UUID(int=2)


def said(status: int, body: Any = None, **headers: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return answer(status, content, Dock_Protocol="1", Content_Type="application/json", **headers)


def api(liar: Liar) -> CentralApi:
    return CentralApi(HttpSession(liar.url, stall_s=2), liar.url)


CALLS: dict[str, Callable[[CentralApi], object]] = {
    "verify": lambda central: central.verify(ASSET, "ab" * 32, 1),
    "lookup": lambda central: central.lookup([("CAM", b"\xff", "ab" * 32, 1)]),
    "post_events": lambda central: central.post_events([StoredEvent(1, bytes(32), bytes(32), b"{}")], LEDGER),
    "ledger_heads": lambda central: central.ledger_heads(),
    "post_heartbeat": lambda central: central.post_heartbeat(b"{}"),
    "roster": lambda central: central.roster('"1"'),
    "standing": lambda central: central.standing(),
}

NOT_CENTRAL = {
    "a login page": answer(200, b"<html>", Content_Type="text/html"),
    "json without our header": answer(200, b"{}"),
    "another header": answer(200, b"{}", Dock_Protocol="zero"),
    "an older protocol": answer(200, b"{}", Dock_Protocol="0"),
    "a redirect": answer(302, Location="/login"),
    "somebody's 404": answer(404, b"<html>nginx"),
    "nothing": said(200, b""),
    "no json": said(200, b"{"),
    "json of another shape": said(200, {"server_time": "soon", "heads": 1, "shifts": 1, "assets": 1}),
    "a problem without words": said(400, b"oops"),
    "an answer to another question": said(204, b""),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("reply", NOT_CENTRAL.values(), ids=NOT_CENTRAL.keys())
def test_only_centrals_own_answers_count(call: Callable[[CentralApi], object], reply: bytes) -> None:
    with Liar(lambda request: request.body()[:0] + reply) as liar, pytest.raises(ProtocolViolation):
        call(api(liar))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_passing_troubles_and_a_refused_credential_are_the_same_in_every_call(
    call: Callable[[CentralApi], object],
) -> None:
    with Liar(lambda _: b"") as liar:
        liar.handler = lambda _: said(503, {"code": "busy", "message": "later"}, Retry_After="9")
        with pytest.raises(RetryLater) as later:
            call(api(liar))
        assert later.value.retry_after_s == 9
        liar.handler = lambda _: said(401, {"code": "no", "message": "no"})
        with pytest.raises(AuthRefused):
            call(api(liar))
        liar.handler = lambda _: said(409, {"code": "fork", "message": "another history", "hint": "look"})
        with pytest.raises(Refused, match="another history look") as refused:
            call(api(liar))
        assert refused.value.code == "fork"


def test_an_answer_about_another_ledger_or_to_fewer_questions_is_not_believed() -> None:
    with Liar(lambda _: said(200, {"ledger_uuid": str(ASSET), "highest_contiguous": 9})) as liar:
        with pytest.raises(ProtocolViolation, match="another ledger"):
            CALLS["post_events"](api(liar))
        liar.handler = lambda _: said(200, {"assets": []})
        with pytest.raises(ProtocolViolation, match="0 answers to 1"):
            CALLS["lookup"](api(liar))


def test_a_roster_that_has_not_changed_is_not_sent_again() -> None:
    roster = {"policy_revision": "1", "generated_at": "2026-11-22T15:00:00Z", "shifts": []}
    with Liar(lambda _: said(304)) as liar:
        assert api(liar).roster('"1"') is None
        assert liar.requests[0].headers["if-none-match"] == '"1"'
        liar.handler = lambda _: said(200, roster, ETag='"2"')
        assert api(liar).roster('"1"') == (json.dumps(roster).encode(), '"2"')


def test_a_heartbeat_tells_centrals_time_and_how_long_the_question_took() -> None:
    reply = {"server_time": "2026-11-22T15:00:00Z", "store_epoch": 3, "roster_etag": '"1"', "new_field": 1}
    with Liar(lambda _: said(200, reply)) as liar:
        heard = api(liar).post_heartbeat(b"{}")
    assert heard.server_time == datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
    assert heard.store_epoch == 3
    assert 0 < heard.round_trip_ms < 2000
