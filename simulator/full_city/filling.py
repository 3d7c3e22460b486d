"""Fills a new central's database with the city: rows by the ORM where there are thousands, plainly into SQLite where
there are hundreds of thousands."""

from __future__ import annotations

import os
import sqlite3
from argparse import Namespace
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simulator.full_city.files import Chain, Filling, Row
from simulator.full_city.moving import City, city_until
from simulator.kansas_city.at_central import TOML, DirInUse
from simulator.kansas_city.city import Size

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """How much of everything."""

    size: Size
    assets: int
    now: datetime


def fill_city(root: Path, wanted: Wanted, say: Say) -> Counter[str]:
    """A central in `root` that holds the city; how many rows each of its large tables got.

    Raises:
        DirInUse: the folder is not empty. Nothing was changed.
    """
    open_new_central(root)
    city = city_until(wanted.now, wanted.size)
    say(f"planned {len(city.posts)} shifts and {len(city.docks)} docks, up to {city.now:%Y-%m-%d %H:%M} UTC")
    from django.db import connection

    from simulator.full_city.department import fill

    fill(city)
    say("filled stations, roster, verdicts, notices and alarms")
    connection.close()
    return _fill_files(root, city, wanted, say)


def open_new_central(root: Path) -> None:
    """A new central in `root`, and Django for it: once in a process.

    Raises:
        DirInUse: the folder is not empty. Nothing was changed.
    """
    if root.exists() and any(root.iterdir()):
        raise DirInUse(str(root))
    root.mkdir(parents=True, exist_ok=True)
    (root / "central.toml").write_text(TOML)
    set_up(root)
    from central.setting_up import init

    init(Namespace())


def set_up(root: Path) -> None:
    """Django, once in a process, for the central in `root`."""
    os.environ["DOCK_CENTRAL_DATA"] = str(root.absolute())
    os.environ["DJANGO_SETTINGS_MODULE"] = "central.settings"
    from central.logs import set_up_command_logs

    set_up_command_logs()
    import django

    django.setup()


def _fill_files(root: Path, city: City, wanted: Wanted, say: Say) -> Counter[str]:
    from central.custody.signing import load_signer
    from central.data_dir import DataDir
    from simulator.full_city.department import chains_of

    data = DataDir(root.absolute())
    signer = load_signer(data.receipt_key)
    by_station = defaultdict(list)
    for dock in city.docks:
        by_station[dock.station].append(dock)
    each, rest = divmod(wanted.assets, max(1, len(city.docks)))
    counted: Counter[str] = Counter()
    with sqlite3.connect(data.database) as database:
        database.execute("PRAGMA synchronous=OFF")
        for station, ledger, pk in chains_of(city):
            chain = Chain(station, ledger, pk)
            filling = Filling(chain, signer.sign, signer.key_id, city.now, wanted.size.seed)
            for dock in by_station[station.name]:
                _insert(database, filling.dock(dock, each + (counted["custody_docksession"] < rest)), counted)
            _insert(database, chain.rows(), counted)
            _heads(database, chain, city.now)
            database.commit()
            say(f"{station.name}: {counted['custody_asset']} files, {counted['custody_custodyevent']} events so far")
        database.execute("ANALYZE")
    return counted


def _insert(database: sqlite3.Connection, rows: Iterable[Row], counted: Counter[str]) -> None:
    by_table: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_table[row.table].append(row)
    for table in (
        "custody_docksession",
        "custody_storedobject",
        "custody_asset",
        "custody_receipt",
        "custody_custodyevent",
    ):
        own = by_table.get(table, [])
        if own:
            names = list(own[0].values)
            marks = ",".join("?" * len(names))
            sql = f"INSERT INTO {table} ({','.join(names)}) VALUES ({marks})"  # noqa: S608 - our own names
            database.executemany(sql, [tuple(row.values.values()) for row in own])
            counted[table] += len(own)


def _heads(database: sqlite3.Connection, chain: Chain, now: datetime) -> None:
    """The ledger is held up to its head, and its bays hold what is docked now."""
    database.execute(
        "UPDATE fleet_ledger SET head_number=?, head_hash=?, witnessed_number=?, witnessed_at=?, named_number=?"
        " WHERE sequence=?",
        (
            chain.number,
            chain.head.hex(),
            chain.number,
            f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}",
            chain.number,
            chain.pk,
        ),
    )
    database.execute(
        "UPDATE fleet_bay SET state='safe to remove', camera=d.camera FROM custody_docksession d"
        " WHERE d.station_id=fleet_bay.station_id AND d.bay=fleet_bay.bay AND d.undocked_at IS NULL"
        " AND fleet_bay.station_id=?",
        (chain.station.name,),
    )
