"""Custody events can be added and nothing else."""

from django.db import migrations

REFUSE = """
CREATE TRIGGER custody_events_refuse_{verb} BEFORE {verb} ON custody_custodyevent
BEGIN SELECT RAISE(ABORT, 'custody events are append-only'); END
"""


class Migration(migrations.Migration):
    dependencies = [("custody", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE.format(verb=verb), f"DROP TRIGGER custody_events_refuse_{verb}")
        for verb in ("UPDATE", "DELETE")
    ]
