"""Rules about people that hold by command and by page, and their file."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from central.administration.bringing_users import bring_users
from central.administration.user_file import read_users
from central.administration.users import UserRefused, add_user, make_link, role_of, set_active, set_role, user_of_link
from central.fleet.models import AdminEvent
from central.refusals import CommandRefused
from tests.administration.running import run

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def chief() -> User:
    return add_user("chief@pd.example", "admin", NOON, "root")


@pytest.mark.parametrize("by", ["chief@pd.example", "Chief@PD.example "])
def test_nobody_disables_demotes_or_resets_himself(by: str) -> None:
    add_user("other@pd.example", "admin", NOON, by)
    for deed in (
        lambda: set_active("chief@pd.example", NOON, by, is_active=False),
        lambda: set_role("chief@pd.example", "it", NOON, by),
        lambda: make_link("chief@pd.example", NOON, by),
    ):
        with pytest.raises(UserRefused, match="You cannot"):
            deed()
    assert User.objects.get(username="chief@pd.example").is_active


def test_the_last_administrator_who_may_log_in_stays_one() -> None:
    add_user("other@pd.example", "admin", NOON, "root")
    set_active("other@pd.example", NOON, "root", is_active=False)
    for words in (("disable", "chief@pd.example"), ("set-role", "chief@pd.example", "--role", "it")):
        with pytest.raises(CommandRefused, match="last administrator"):
            run("user", *words)
    set_active("other@pd.example", NOON, "root", is_active=True)
    run("user", "disable", "chief@pd.example")
    assert not User.objects.get(username="chief@pd.example").is_active


def test_a_link_is_good_once_and_ends_older_ones() -> None:
    pat = add_user("pat@pd.example", "it", NOON, "root", password="old-word")
    older, link = (make_link("pat@pd.example", NOON, "chief@pd.example").split("/")[2:] for _ in range(2))
    assert user_of_link(*older) is None
    assert user_of_link(*link) == pat
    pat.refresh_from_db()
    assert not pat.check_password("old-word")
    pat.set_password("new-word")
    pat.save()
    assert user_of_link(*link) is None
    assert link[1] not in repr(list(AdminEvent.objects.values()))
    for nonsense in (("", ""), ("AAAA", link[1]), ("é", "x"), ("Nw" * 30, "1-2")):
        assert user_of_link(*nonsense) is None


def test_whoever_is_disabled_gets_no_link_and_can_use_none() -> None:
    pat = add_user("pat@pd.example", "it", NOON, "root")
    link = make_link("pat@pd.example", NOON, "root").split("/")[2:]
    set_active("pat@pd.example", NOON, "root", is_active=False)
    assert user_of_link(*link) is None
    with pytest.raises(UserRefused, match="is disabled"):
        make_link(pat.username, NOON, "root")


def test_a_file_of_people_comes_in_whole_and_gives_links_to_those_who_are_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_user("pat@pd.example", "it", NOON, "root")
    file = tmp_path / "users.csv"
    file.write_text(
        "Email;Role;Active\nPat@pd.example;auditor;\nnew@pd.example;officer;\nchief@pd.example;admin;yes\n"
    )
    run("user", "import", str(file), "--dry-run")
    assert "1 would be added, 1 changed, 1 unchanged" in capsys.readouterr().err
    assert User.objects.count() == 2
    before = AdminEvent.objects.count()
    run("user", "import", str(file))
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["email"], row["role"]) == ("new@pd.example", "officer")
    assert user_of_link(*row["link"].split("/")[-2:]) == User.objects.get(username="new@pd.example")
    assert role_of(User.objects.get(username="pat@pd.example")) == "auditor"
    assert AdminEvent.objects.count() == before + 2
    run("user", "import", str(file))
    assert AdminEvent.objects.count() == before + 2, "a file again changes nothing"


def test_a_file_with_one_row_that_may_not_be_changes_nobody_and_says_all() -> None:
    rows = b"email,role,active\nchief@pd.example,it,\nnew@pd.example,officer,\nnobody,boss,maybe\n"
    outcome = bring_users(rows, NOON, "root")
    assert [(one.row, one.column) for one in outcome.errors] == [(4, "email"), (4, "role"), (4, "active")]
    outcome = bring_users(rows.replace(b"nobody,boss,maybe\n", b""), NOON, "root")
    assert [one.row for one in outcome.errors] == [2]
    assert "last administrator" in str(outcome.errors[0])
    assert User.objects.count() == 1


def test_an_export_of_users_can_be_brought_back(capsys: pytest.CaptureFixture[str]) -> None:
    run("export", "users", "--format", "csv")
    rows, errors = read_users(capsys.readouterr().out.encode())
    assert errors == []
    assert [(one.email, one.role, one.is_active) for one in rows] == [("chief@pd.example", "admin", True)]
