"""A copy of the database of one instant, read in place of the moving one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from central.refusals import CommandRefused


@contextmanager
def of_one_instant(root: Path) -> Iterator[None]:
    """Within, every query sees the database as it was when this began, however long it takes; a running server goes
    on undisturbed. The copy lies in DIR, as private as the database, and is removed at the end.

    Raises:
        CommandRefused: there is no room for it.
    """
    name = connection.settings_dict["NAME"]
    size = Path(name).stat().st_size
    free = shutil.disk_usage(root).free
    if free < 2 * size:
        raise CommandRefused(
            f"{root}: {free} bytes free, and a copy of the database takes {size}; nothing was written"
        )
    with tempfile.TemporaryDirectory(prefix="package-", dir=root) as folder:
        copy = Path(folder) / "copy.sqlite3"
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(copy)])
        copy.chmod(0o600)
        connection.close()
        connection.settings_dict["NAME"] = str(copy)
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = name
