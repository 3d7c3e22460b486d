"""Brings in `users.csv`: people, their roles, and who may log in."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from central.administration.importing import ADDED, CHANGED, UNCHANGED, Outcome, bring_rows
from central.administration.user_file import Wanted, read_users
from central.administration.users import add_user, link_of, role_of, set_active, set_role, whole_link

LINK_COLUMNS = ("email", "role", "link")


def bring_users(content: bytes, now: datetime, by: str, *, dry_run: bool = False) -> Outcome:
    """Import one file whole, or say all that is wrong. Whom the file lacks stays as he is. Idempotent."""
    rows, errors = read_users(content)
    return bring_rows(rows, errors, lambda row: (_bring(row, now, by), row.email), dry_run=dry_run)


def links_of(emails: list[str], *, without_password: bool = False) -> list[list[str]]:
    """A row for each of these people, with the link by which he sets his password. Shown, and kept nowhere."""
    people = User.objects.filter(username__in=emails, is_active=True).order_by("username")
    wanted = (one for one in people if not (without_password and one.has_usable_password()))
    return [[one.username, role_of(one), whole_link(link_of(one))] for one in wanted]


def _bring(row: Wanted, now: datetime, by: str) -> str:
    user = User.objects.filter(username=row.email).first()
    if user is None:
        add_user(row.email, row.role, now, by)
        if row.is_active is False:
            set_active(row.email, now, by, is_active=False)
        return ADDED
    wants_role = role_of(user) != row.role
    wants_active = row.is_active is not None and row.is_active != user.is_active
    # Made another first and disabled then: the order that the last administrator's protection allows.
    if wants_role:
        set_role(row.email, row.role, now, by)
    if wants_active:
        set_active(row.email, now, by, is_active=bool(row.is_active))
    return CHANGED if wants_role or wants_active else UNCHANGED
