"""The commands `user add|list|set-role|set-password|disable|enable|reset|import`."""

from __future__ import annotations

import argparse
import sys

from central import clock
from central.administration import users
from central.administration.bringing_users import LINK_COLUMNS, bring_users, links_of
from central.administration.exports import USER_COLUMNS, user_rows
from central.administration.importing_commands import bring_file
from central.fleet.auditing import whoever_runs_this
from central.refusals import CommandRefused
from central.rows_out import write_rows


def add_user(options: argparse.Namespace) -> None:
    password = _password("nobody was added")
    users.add_user(options.email, options.role, clock.now(), whoever_runs_this(), password=password)


def list_users(options: argparse.Namespace) -> None:
    write_rows(USER_COLUMNS, user_rows(), options.format, sys.stdout)


def set_role(options: argparse.Namespace) -> None:
    users.set_role(options.email, options.role, clock.now(), whoever_runs_this())


def set_password(options: argparse.Namespace) -> None:
    password = _password("nothing was changed")
    users.set_password(users.user_of(options.email), password, clock.now(), whoever_runs_this())


def disable(options: argparse.Namespace) -> None:
    users.set_active(options.email, clock.now(), whoever_runs_this(), is_active=False)


def enable(options: argparse.Namespace) -> None:
    users.set_active(options.email, clock.now(), whoever_runs_this(), is_active=True)


def reset(options: argparse.Namespace) -> None:
    print(users.whole_link(users.make_link(options.email, clock.now(), whoever_runs_this())))


def import_users(options: argparse.Namespace) -> None:
    """With a CSV of links on stdout, for those who are new."""
    outcome = bring_file(options, "users", bring_users)
    if not options.dry_run:
        write_rows(LINK_COLUMNS, links_of(outcome.added), "csv", sys.stdout)


def _password(unchanged: str) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandRefused(f"the password on stdin is empty; {unchanged}")
    return password
