"""People who may log in: adding, roles, disabling, links with which they set a password.

Nobody disables or demotes himself, and an administrator stays: the last one who may log in is neither disabled nor
given another role.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from central.administration.user_file import ADMIN, ROLES, as_login, is_address
from central.fleet.auditing import Change, keep_change
from central.refusals import CommandRefused

LINK_LIFE = timedelta(days=3)
"""`settings.PASSWORD_RESET_TIMEOUT` says the same in seconds."""
LINK_PATH = "/password/{who}/{token}"


class UserRefused(CommandRefused):
    """Nothing was changed; the message says why and what to do."""


def add_user(email: str, role: str, now: datetime, by: str, *, password: str | None = None) -> User:
    """Make a person known. Without a password he logs in once he has set one by a link.

    Raises:
        UserRefused: no address, no role, or somebody has this address.
    """
    login = as_login(email)
    if not is_address(login):
        raise UserRefused(f"{email!r} is no mail address; nobody was added")
    with transaction.atomic():
        if User.objects.filter(username=login).exists():
            raise UserRefused(f"{login} is there already; nothing was changed")
        user = User.objects.create_user(login, login, password)
        user.groups.add(_group(role))
        keep_change(Change.USER_ADDED, login, by=by, now=now, role=role)
    return user


def set_role(email: str, role: str, now: datetime, by: str) -> User:
    """This role and no other, from the next page on.

    Raises:
        UserRefused: nobody has this address; it is his own; or he is the last administrator.
    """
    with transaction.atomic():
        user = user_of(email)
        before = role_of(user)
        if before != role:
            _refuse_oneself(user, by, "give yourself another role")
            if role != ADMIN:
                _refuse_last_admin(user)
            user.groups.set([_group(role)])
            keep_change(Change.ROLE_SET, user.username, by=by, now=now, role=role, role_before=before)
    return user


def set_active(email: str, now: datetime, by: str, *, is_active: bool) -> User:
    """Whoever is disabled may log in no more, and is logged out with his next page. What he said and did stays.

    Raises:
        UserRefused: nobody has this address; it is his own; or he is the last administrator.
    """
    with transaction.atomic():
        user = user_of(email)
        if user.is_active != is_active:
            if not is_active:
                _refuse_oneself(user, by, "disable yourself")
                _refuse_last_admin(user)
            user.is_active = is_active
            user.save(update_fields=["is_active"])
            change = Change.USER_ENABLED if is_active else Change.USER_DISABLED
            keep_change(change, user.username, by=by, now=now)
    return user


def set_password(user: User, password: str, now: datetime, by: str) -> None:
    """A new password; who is logged in with the old one is logged out, and older links are good no more."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        keep_change(Change.PASSWORD_SET, user.username, by=by, now=now)


def make_link(email: str, now: datetime, by: str) -> str:
    """The path of a page where this person sets a password, once; his present one, and older links, end now.

    Raises:
        UserRefused: nobody has this address; it is his own; or he is disabled.
    """
    with transaction.atomic():
        user = user_of(email)
        _refuse_oneself(user, by, "reset your own password: change it on its page")
        if not user.is_active:
            raise UserRefused(f"{user.username} is disabled; enable the account first. Nothing was changed")
        user.set_unusable_password()
        user.save(update_fields=["password"])
        keep_change(Change.LINK_MADE, user.username, by=by, now=now)
    return link_of(user)


def link_of(user: User) -> str:
    """The same page's path again, as long as it is good."""
    who = urlsafe_base64_encode(force_bytes(user.pk))
    return LINK_PATH.format(who=who, token=default_token_generator.make_token(user))


def whole_link(path: str) -> str:
    """With [web] base_url where it is set: nothing is ever built from what a browser says."""
    return settings.CONFIG.web.base_url.rstrip("/") + path


def user_of_link(who: str, token: str) -> User | None:
    """Whom this link lets set a password; None when it was used, is too old, or never was one."""
    try:
        number = int(urlsafe_base64_decode(who).decode())
    except (ValueError, OverflowError):
        return None
    user = User.objects.filter(pk=number, is_active=True).first() if 0 < number < 2**63 else None
    return user if user is not None and default_token_generator.check_token(user, token) else None


def user_of(email: str) -> User:
    """
    Raises:
        UserRefused: nobody has this address.
    """
    user = User.objects.filter(username=as_login(email)).first()
    if user is None:
        raise UserRefused(f"there is no user {email}; `dock-central user list` shows them")
    return user


def role_of(user: User) -> str:
    return ";".join(sorted(user.groups.values_list("name", flat=True)))


def _group(role: str) -> Group:
    if role not in ROLES:
        raise UserRefused(f"{role!r} is no role; there are {', '.join(ROLES)}. Nothing was changed")
    return Group.objects.get_or_create(name=role)[0]


def _refuse_oneself(user: User, by: str, deed: str) -> None:
    if user.username == as_login(by):
        raise UserRefused(f"You cannot {deed}. Another administrator can. Nothing was changed")


def _refuse_last_admin(user: User) -> None:
    # Locked, so that two administrators who disable one another at the same moment do not both succeed.
    group = Group.objects.select_for_update().filter(name=ADMIN).first()
    if group is None or not user.is_active or not user.groups.filter(pk=group.pk).exists():
        return
    if not User.objects.filter(groups=group, is_active=True).exclude(pk=user.pk).exists():
        raise UserRefused(
            f"{user.username} is the last administrator who may log in; make another one first. Nothing was changed"
        )
