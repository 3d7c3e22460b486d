"""Bringing shifts into the database: all of a file or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from central.fleet.models import Station
from central.roster.csv_file import RosterRow
from central.roster.models import HomeStation, Officer, Shift


@dataclass
class ImportCount:
    """What an import did, or in a dry run would do."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def import_shifts(rows: list[RosterRow], *, dry_run: bool) -> ImportCount:
    """Add and change shifts in one transaction; a second import of the same rows changes nothing."""
    count = ImportCount()
    with transaction.atomic():
        for officer in {row.officer_id: row for row in rows}.values():
            _put_officer(officer)
        for row in rows:
            known = _known(row)
            if known == row:
                count.unchanged += 1
                continue
            _put(row)
            if known is None:
                count.added += 1
            else:
                count.changed += 1
        transaction.set_rollback(dry_run)
    return count


def unknown_stations(rows: list[RosterRow]) -> list[str]:
    """Stations that the roster names and central does not know yet: perhaps a typing error."""
    named = {station for row in rows for station in row.stations}
    return sorted(named - set(Station.objects.filter(pk__in=named).values_list("pk", flat=True)))


def _known(row: RosterRow) -> RosterRow | None:
    """The shift as it stands; what belongs to the officer and not to the shift is not compared."""
    shift = Shift.objects.filter(pk=row.shift_id).first()
    if shift is None:
        return None
    return RosterRow(
        shift_id=shift.shift_id,
        officer_id=shift.officer_id,
        officer_name=row.officer_name,
        camera_serial=shift.camera_serial,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        supervisor_email=shift.supervisor_email,
        stations=tuple(shift.home_stations.order_by("pk").values_list("station_id", flat=True)),
        unit=shift.unit,
        officer_email=row.officer_email,
        status=shift.status,
        end_source=shift.end_source,
    )


def _put_officer(row: RosterRow) -> None:
    Officer.objects.update_or_create(
        officer_id=row.officer_id,
        defaults={"name": row.officer_name, "email": row.officer_email, "unit": row.unit},
    )


def _put(row: RosterRow) -> None:
    shift, _ = Shift.objects.update_or_create(
        shift_id=row.shift_id,
        defaults={
            "officer_id": row.officer_id,
            "camera_serial": row.camera_serial,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "supervisor_email": row.supervisor_email,
            "unit": row.unit,
            "status": row.status,
            "end_source": row.end_source,
        },
    )
    shift.home_stations.all().delete()
    HomeStation.objects.bulk_create(HomeStation(shift=shift, station_id=name) for name in row.stations)
