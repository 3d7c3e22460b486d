"""Which page of the administration is for whom; docs/administration.md has the same table, and a test holds both."""

from __future__ import annotations

from central.dashboard.roles import ADMIN, AUDITOR, IT

KEEPERS = (IT, ADMIN)
"""Who may change stations, cameras, officers, units and keys."""
READERS = (IT, ADMIN, AUDITOR)
"""Who may read what was said and changed, and take exports."""
CHIEFS = (ADMIN,)
"""Who may see and change who logs in."""
NOT_FOR_IT = frozenset({"users"})
"""Exports that name who may log in."""
