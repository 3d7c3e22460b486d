"""The command `user add`."""

from __future__ import annotations

import argparse
import re
import sys

from django.contrib.auth.models import Group, User
from django.db import transaction

from central.refusals import CommandRefused


def add_user(options: argparse.Namespace) -> None:
    email = options.email.strip().lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email) or len(email) > 150:
        raise CommandRefused(f"{options.email!r} is no mail address; nobody was added")
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandRefused("the password on stdin is empty; nobody was added")
    with transaction.atomic():
        if User.objects.filter(username=email).exists():
            raise CommandRefused(f"{email} is there already; nothing was changed")
        user = User.objects.create_user(email, email, password)
        user.groups.add(Group.objects.get_or_create(name=options.role)[0])
