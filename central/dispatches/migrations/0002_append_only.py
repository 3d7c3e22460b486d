"""What was said of a dispatch, why a recording is missing and what was found can be added to and nothing else."""

from django.db import migrations

TABLES = {
    "dispatches_dispatchversion": "dispatch_versions",
    "dispatches_documentedexception": "documented_exceptions",
    "dispatches_exceptiondecision": "exception_decisions",
}
REFUSE = """
CREATE TRIGGER {name}_refuse_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{name} are append-only'); END
"""
REFUSE_BUT_SUPERSEDING = """
CREATE TRIGGER comparisons_refuse_update BEFORE UPDATE ON dispatches_comparison
WHEN OLD.superseded_at IS NOT NULL OR NEW.superseded_at IS NULL
BEGIN SELECT RAISE(ABORT, 'comparisons are append-only'); END
"""
DELETING = REFUSE.format(verb="DELETE", name="comparisons", table="dispatches_comparison")


class Migration(migrations.Migration):
    dependencies = [("dispatches", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE.format(verb=verb, name=name, table=table), f"DROP TRIGGER {name}_refuse_{verb}")
        for table, name in TABLES.items()
        for verb in ("UPDATE", "DELETE")
    ] + [
        migrations.RunSQL(REFUSE_BUT_SUPERSEDING, "DROP TRIGGER comparisons_refuse_update"),
        migrations.RunSQL(DELETING, "DROP TRIGGER comparisons_refuse_DELETE"),
    ]
