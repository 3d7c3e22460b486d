"""Who may have a custody record issued: on the page by role, on the machine by command. Both leave a row."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client, override_settings

from central.data_dir import DataDir
from central.papers.commands import custody
from central.papers.models import Paper
from central.refusals import CommandRefused
from tests.papers.told import Handed, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def handed(tmp_path: Path) -> Iterator[Handed]:
    data = DataDir(tmp_path / "data")
    with override_settings(DATA=data):
        found = told(data.root)
        (data.root / "key.pem").rename(data.receipt_key)
        yield found


def browser(role: str) -> Client:
    user = User.objects.create(username=f"{role}@pd.example", email=f"{role}@pd.example")
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    client = Client()
    client.force_login(user)
    return client


def test_a_page_issues_it_for_those_who_may_see_who_looked(handed: Handed) -> None:
    page = f"/assets/{handed.asset.pk}"
    for role in ("supervisor", "officer"):
        assert browser(role).post(f"{page}/papers", {"reason": "trial"}).status_code == 403
    clerk = browser("auditor")
    refused = clerk.post(f"{page}/papers", {"reason": " "})
    assert (refused.status_code, "Nothing was issued" in refused.content.decode()) == (400, True)
    assert not Paper.objects.exists()
    assert clerk.post(f"{page}/papers", {"reason": "trial", "request_number": "CR-1"}).status_code == 302
    paper = Paper.objects.get()
    assert (paper.by, paper.roles, paper.request_number, paper.peer) == (
        *("auditor@pd.example", "auditor"),
        *("CR-1", "127.0.0.1"),
    )
    assert f"/papers/{paper.paper_id}.zip" in clerk.get(page).content.decode()
    for ending, begins in (("zip", b"PK"), ("pdf", b"%PDF-"), ("html", b"<!doctype"), ("json", b"{\n")):
        taken = clerk.get(f"/papers/{paper.paper_id}.{ending}")
        assert taken.content.startswith(begins)
        assert taken["Content-Disposition"].startswith("attachment;")
    assert clerk.get(f"/papers/{paper.paper_id}.exe").status_code == 404
    assert Client().get(f"/papers/{paper.paper_id}.json").status_code == 302


def test_the_command_writes_a_folder_and_names_it(
    handed: Handed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"format": "json", "out": tmp_path, "reason": "trial", "request_number": ""}
    custody(argparse.Namespace(asset=str(handed.asset.pk), **given))
    folder = Path(capsys.readouterr().out.splitlines()[-1])  # the log goes to stderr in a real command
    assert {"record.json", "record.sig", "public.pem", "README.txt", "receipts"} <= {
        one.name for one in folder.iterdir()
    }
    assert not (folder / "record.pdf").exists()
    assert (folder / "record.json").read_text() == Paper.objects.get().content
    for wrong in ("no-number", str(uuid4())):
        with pytest.raises(CommandRefused, match="nothing was issued"):
            custody(argparse.Namespace(asset=wrong, **given))
