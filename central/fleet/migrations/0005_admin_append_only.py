"""What people changed can be added to and nothing else."""

from django.db import migrations

REFUSE = """
CREATE TRIGGER admin_events_refuse_{verb} BEFORE {verb} ON fleet_adminevent
BEGIN SELECT RAISE(ABORT, 'admin events are append-only'); END
"""


class Migration(migrations.Migration):
    dependencies = [("fleet", "0004_administration")]

    operations = [
        migrations.RunSQL(REFUSE.format(verb=verb), f"DROP TRIGGER admin_events_refuse_{verb}")
        for verb in ("UPDATE", "DELETE")
    ]
