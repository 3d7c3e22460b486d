"""Gives Django the newest SQLite at hand, and chooses the journal mode that is safe with it."""

from __future__ import annotations

import importlib
import sys

SAFE_WAL = (3, 51, 3)
"""SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when two connections checkpoint at once."""


def journal_mode(version: tuple[int, int, int]) -> str:
    """`WAL` only where the WAL-reset bug is fixed."""
    return "WAL" if version >= SAFE_WAL else "TRUNCATE"


def load_django_sqlite() -> tuple[int, int, int]:
    """Let Django's SQLite backend load pysqlite3 where it is installed; returns the library's version.

    The swap lasts only while the backend is imported, so that no other part of the process is given
    another `sqlite3` than it asked for.
    """
    names = ("sqlite3", "sqlite3.dbapi2")
    before = {name: sys.modules.get(name) for name in names}
    try:
        sys.modules["sqlite3"] = importlib.import_module("pysqlite3")
        sys.modules["sqlite3.dbapi2"] = importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        pass
    try:
        backend = importlib.import_module("django.db.backends.sqlite3.base")
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
    version: tuple[int, int, int] = backend.Database.sqlite_version_info
    return version
