"""The commands `user add|list|set-role|set-password|disable|enable`."""

from __future__ import annotations

import argparse
import re
import sys

from django.contrib.auth.models import Group, User
from django.db import transaction

from central import clock
from central.administration.exports import USER_COLUMNS, user_rows
from central.fleet.auditing import Change, keep_change, whoever_runs_this
from central.refusals import CommandRefused
from central.rows_out import write_rows


def add_user(options: argparse.Namespace) -> None:
    email = options.email.strip().lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email) or len(email) > 150:
        raise CommandRefused(f"{options.email!r} is no mail address; nobody was added")
    password = _password("nobody was added")
    with transaction.atomic():
        if User.objects.filter(username=email).exists():
            raise CommandRefused(f"{email} is there already; nothing was changed")
        user = User.objects.create_user(email, email, password)
        user.groups.add(Group.objects.get_or_create(name=options.role)[0])
        _keep(Change.USER_ADDED, user, role=options.role)


def list_users(options: argparse.Namespace) -> None:
    write_rows(USER_COLUMNS, user_rows(), options.format, sys.stdout)


def set_role(options: argparse.Namespace) -> None:
    """This role and no other, from the next page on."""
    with transaction.atomic():
        user = _user(options.email)
        before = ";".join(sorted(user.groups.values_list("name", flat=True)))
        if before != options.role:
            user.groups.set([Group.objects.get_or_create(name=options.role)[0]])
            _keep(Change.ROLE_SET, user, role=options.role, role_before=before)


def set_password(options: argparse.Namespace) -> None:
    """A new password; whoever is logged in with the old one is logged in no more."""
    password = _password("nothing was changed")
    with transaction.atomic():
        user = _user(options.email)
        user.set_password(password)
        user.save(update_fields=["password"])
        _keep(Change.PASSWORD_SET, user)


def disable(options: argparse.Namespace) -> None:
    """He may log in no more, and is logged out with his next page. What he said and did stays."""
    _set_active(options.email, is_active=False)


def enable(options: argparse.Namespace) -> None:
    _set_active(options.email, is_active=True)


def _set_active(email: str, *, is_active: bool) -> None:
    with transaction.atomic():
        user = _user(email)
        if user.is_active != is_active:
            user.is_active = is_active
            user.save(update_fields=["is_active"])
            _keep(Change.USER_ENABLED if is_active else Change.USER_DISABLED, user)


def _user(email: str) -> User:
    user = User.objects.filter(username=email.strip().lower()).first()
    if user is None:
        raise CommandRefused(f"there is no user {email}; `dock-central user list` shows them")
    return user


def _password(unchanged: str) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandRefused(f"the password on stdin is empty; {unchanged}")
    return password


def _keep(what: Change, user: User, **detail: object) -> None:
    keep_change(what, user.username, by=whoever_runs_this(), now=clock.now(), **detail)
