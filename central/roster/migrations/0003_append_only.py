"""What was said of a shift can be added to and nothing else."""

from django.db import migrations

REFUSE = """
CREATE TRIGGER shift_versions_refuse_{verb} BEFORE {verb} ON roster_shiftversion
BEGIN SELECT RAISE(ABORT, 'the history of shifts is append-only'); END
"""


class Migration(migrations.Migration):
    dependencies = [("roster", "0002_history")]

    operations = [
        migrations.RunSQL(REFUSE.format(verb=verb), f"DROP TRIGGER shift_versions_refuse_{verb}")
        for verb in ("UPDATE", "DELETE")
    ]
