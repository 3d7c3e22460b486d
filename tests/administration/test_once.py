"""A form that arrives twice is carried out once, and its secret is kept nowhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from central.administration.models import FormDone
from central.administration.once import SHOWN_AGAIN_FOR, Form, carry_out, code_for, key_for, may_see_again
from central.fleet.enrolment import add_station, is_living_code, spend_code
from central.fleet.models import AdminEvent, Station
from central.refusals import CommandRefused

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_a_form_that_comes_twice_makes_one_station_and_the_same_code() -> None:
    form, codes = Form(uuid4(), "it@pd.example", NOON), []
    for _ in range(2):
        done = carry_out(
            form, lambda: codes.append(add_station("east-1", NOON, by="it", code=code_for(form.token, "east-1")))
        )
    assert done is not None
    assert len(codes) == 1
    assert [one.what for one in AdminEvent.objects.all()] == ["station_added", "code_made"]
    assert is_living_code(code_for(form.token, "east-1"), NOON)
    assert spend_code(codes[0], "key", "pc", NOON).station == "east-1"
    assert not is_living_code(codes[0], NOON)


def test_a_form_that_was_refused_may_come_again() -> None:
    form = Form(uuid4(), "it@pd.example", NOON)
    with pytest.raises(CommandRefused):
        carry_out(form, lambda: add_station("no name", NOON, by="it"))
    assert carry_out(form, lambda: add_station("east-1", NOON, by="it")) is None
    assert Station.objects.count() == 1


def test_a_secret_is_seen_again_by_the_same_person_for_two_minutes() -> None:
    form = Form(uuid4(), "it@pd.example", NOON)
    carry_out(form, lambda: None)
    done = carry_out(form, lambda: None)
    assert done is not None
    assert may_see_again(done, form)
    assert not may_see_again(done, Form(form.token, "chief@pd.example", NOON))
    assert not may_see_again(done, Form(form.token, form.by, NOON + SHOWN_AGAIN_FOR + timedelta(seconds=1)))


def test_secrets_differ_by_form_station_and_purpose_and_the_token_is_not_kept() -> None:
    one, other = uuid4(), uuid4()
    secrets = {code_for(one, "a"), code_for(one, "b"), code_for(other, "a"), key_for(one), key_for(other)}
    assert len(secrets) == 5
    assert len(key_for(one)) == 43
    assert all(len(part) == 5 for part in code_for(one, "a").split("-"))
    carry_out(Form(one, "it", NOON), lambda: None)
    assert str(one) not in repr(list(FormDone.objects.values()))
