"""What one person may see: everything, the units that he answers for, or his own shifts."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet

from central.dashboard.roles import ADMIN, AUDITOR, IT, OFFICER, SUPERVISOR
from central.roster.models import Officer, Shift, Unit

SEE_EVERYTHING = frozenset({IT, AUDITOR, ADMIN})
SEE_SHIFTS = SEE_EVERYTHING | {SUPERVISOR, OFFICER}


@dataclass(frozen=True)
class Sight:
    """One person's view. A mail address is compared without regard to case; an empty one is nobody's."""

    email: str
    roles: frozenset[str]
    units: frozenset[str]
    """Whose notices come to him as supervisor: by escalation or on duty counts too. All, who sees everything."""
    own_officer_ids: frozenset[str]
    """The officers that he is himself, whatever his role: nobody decides about his own shifts."""

    @staticmethod
    def of(user: User | AnonymousUser) -> Sight:
        """Who is not logged in sees nothing; so does somebody without a role."""
        if not user.is_authenticated or not user.is_active:
            return Sight("", frozenset(), frozenset(), frozenset())
        email = user.email.strip().lower()
        roles = frozenset(user.groups.values_list("name", flat=True))
        officers = Officer.objects.filter(email__iexact=email) if email else Officer.objects.none()
        return Sight(email, roles, _units(email, roles), frozenset(officers.values_list("pk", flat=True)))

    @property
    def sees_everything(self) -> bool:
        return bool(self.roles & SEE_EVERYTHING)

    @property
    def is_supervisor(self) -> bool:
        return SUPERVISOR in self.roles

    def shifts(self) -> QuerySet[Shift]:
        """Every shift that he may see, withdrawn ones included."""
        if self.sees_everything:
            return Shift.objects.all()
        allowed = Q(pk__in=())
        if self.roles & SEE_SHIFTS:
            allowed |= Q(officer__in=self.own_officer_ids)
        if self.is_supervisor:
            allowed |= Q(unit__in=self.units)
            if self.email:
                allowed |= Q(supervisor_email__iexact=self.email)
        return Shift.objects.filter(allowed)

    def cameras(self) -> QuerySet[Shift, str]:
        """The serials on those shifts, each once. Cameras that never had a shift are not among them."""
        return self.shifts().order_by("camera_serial").values_list("camera_serial", flat=True).distinct()

    def sees_camera(self, serial: str) -> bool:
        """Of a camera seen by its shifts alone, show only what lies within `shifts()`."""
        return self.sees_everything or self.shifts().filter(camera_serial=serial).exists()


def _units(email: str, roles: frozenset[str]) -> frozenset[str]:
    if roles & SEE_EVERYTHING:
        named = Unit.objects.values_list("pk", flat=True)
        worked = Shift.objects.exclude(unit="").values_list("unit", flat=True).distinct()
        return frozenset(named) | frozenset(worked)
    if SUPERVISOR not in roles or not email:
        return frozenset()
    his = Q(supervisor_email__iexact=email) | Q(escalate_to_email__iexact=email) | Q(on_duty_email__iexact=email)
    return frozenset(Unit.objects.filter(his).values_list("pk", flat=True))
