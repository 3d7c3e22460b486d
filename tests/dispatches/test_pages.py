"""The queue of discrepancies: who sees what, who may give a reason, and who may decide about it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from central.dispatches.comparing import compare_due
from central.dispatches.models import Comparison, DocumentedException, ExceptionDecision
from central.roster.models import Officer, Unit
from tests.dispatches.cad import HOUR, NOW, POLICY, bring, call, dock, said, shift, standing, video

pytestmark = pytest.mark.django_db


def browser(role: str, email: str) -> Client:
    user = User.objects.create_user(email, email)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def people() -> dict[str, Client]:
    """Officers 7 (East) and 8 (West), each with a call without a video, and those who look at it."""
    for officer, unit in (("7", "East"), ("8", "West")):
        shift(f"S{officer}", officer, f"C{officer}", unit=unit), dock(f"C{officer}")
        Officer.objects.filter(pk=officer).update(unit=unit, email=f"{officer}@pd.example", name=f"Officer {officer}")
        Unit.objects.create(unit=unit, supervisor_email=f"{unit.lower()}@pd.example")
    bring(call("D7", "7"), call("D8", "8"))
    return {
        "7": browser("officer", "7@pd.example"),
        "8": browser("officer", "8@pd.example"),
        "east": browser("supervisor", "east@pd.example"),
        "auditor": browser("auditor", "auditor@pd.example"),
        "it": browser("it", "it@pd.example"),
        "admin": browser("admin", "chief@pd.example"),
    }


def number(officer: str) -> int:
    return standing(f"D{officer}", officer).dispatch_id


def give(client: Client, officer: str = "7", **more: Any) -> int:
    form = {"dispatch": number(officer), "officer": officer, "token": uuid4(), "reason": "private_residence", **more}
    return client.post("/dispatches/exceptions", form).status_code


def settle(client: Client, outcome: str, officer: str = "7") -> int:
    found = DocumentedException.objects.latest("pk")
    path = f"/dispatches/exceptions/{found.pk}"
    return client.post(path, {"outcome": outcome, "dispatch": number(officer)}).status_code


def test_each_sees_the_discrepancies_that_are_his(people: dict[str, Client]) -> None:
    sees = {who: client.get("/dispatches/").content.decode() for who, client in people.items()}
    assert {who for who, page in sees.items() if ">D7<" in page} == {"7", "east", "auditor", "it", "admin"}
    assert {who for who, page in sees.items() if ">D8<" in page} == {"8", "auditor", "it", "admin"}
    assert "east@pd.example" in sees["auditor"]
    opened = {who for who, client in people.items() if client.get(f"/dispatches/{number('8')}/").status_code == 200}
    assert opened == {"8", "auditor", "it", "admin"}


def test_the_list_is_asked_by_unit_kind_and_age(people: dict[str, Client]) -> None:
    video("A", began=0.5, ended=1, camera="C8")
    compare_due(POLICY, NOW + HOUR)
    find: Any = lambda query: people["auditor"].get(f"/dispatches/?{query}").content.decode()  # noqa: E731
    assert ">D7<" in find("unit=East")
    assert ">D8<" not in find("unit=East")
    assert ">D8<" in find("kind=late_start")
    assert ">D8<" not in find("kind=unexplained")
    assert ">D7<" in find("days=1")
    assert "No discrepancy matches" in find("kind=in_backlog")


def test_reasons_are_given_by_the_officer_or_his_supervisor_and_nobody_else(people: dict[str, Client]) -> None:
    assert {who: give(client) for who, client in people.items()} == {
        "7": 302,
        "8": 404,
        "east": 302,
        "auditor": 403,
        "it": 403,
        "admin": 302,
    }
    assert give(people["7"], reason="no such") == 400
    assert give(people["7"], token="none") == 400
    compare_due(POLICY, NOW + HOUR)
    assert (said("D7"), standing("D7").documented) == ("missing documented_exception", "after")


def test_one_form_sent_twice_is_one_reason(people: dict[str, Client]) -> None:
    token = uuid4()
    assert [give(people["7"], token=token), give(people["7"], token=token)] == [302, 302]
    assert DocumentedException.objects.count() == 1
    assert give(people["east"], token=token) == 409


def test_a_reason_is_decided_once_by_somebody_who_did_not_give_it(people: dict[str, Client]) -> None:
    give(people["7"])
    refused = {who: settle(people[who], "approved") for who in ("7", "8", "auditor", "it")}
    assert refused == {"7": 403, "8": 404, "auditor": 403, "it": 403}
    assert settle(people["east"], "approved") == 302
    assert settle(people["admin"], "refused") == 409
    compare_due(POLICY, NOW + HOUR)
    assert ">D7<" not in people["east"].get("/dispatches/").content.decode()
    assert "approved by east@pd.example" in people["east"].get("/dispatches/?show=all").content.decode()
    assert settle(people["east"], "withdrawn") == 403
    assert settle(people["7"], "withdrawn") == 302
    compare_due(POLICY, NOW + HOUR)
    assert said("D7") == "missing unexplained"
    assert ExceptionDecision.objects.count() == 2


def test_a_supervisor_does_not_approve_his_own_word(people: dict[str, Client]) -> None:
    give(people["east"])
    assert settle(people["east"], "approved") == 403
    assert settle(people["admin"], "approved") == 302


def test_a_span_can_be_documented_before_the_fact(people: dict[str, Client]) -> None:
    span = {"dispatch": "", "officer": "7", "since": "2026-10-20T11:00", "until": "2026-10-20T14:00"}
    assert give(people["7"], **span) == 302
    assert give(people["8"], **span) == 404
    assert give(people["7"], **span | {"until": "2026-10-19T14:00"}) == 400
    assert give(people["7"], **span | {"until": "soon"}) == 400
    compare_due(POLICY, NOW + HOUR)
    assert said("D7") == "missing documented_exception"
    assert Comparison.objects.filter(exception__isnull=False).count() == 1
