"""What was said, and how it ended, can be added to and nothing else."""

from django.db import migrations

TABLES = {"answers_answer": "answers", "answers_closing": "closings"}
REFUSE = """
CREATE TRIGGER {name}_refuse_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{name} are append-only'); END
"""


class Migration(migrations.Migration):
    dependencies = [("answers", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE.format(verb=verb, name=name, table=table), f"DROP TRIGGER {name}_refuse_{verb}")
        for table, name in TABLES.items()
        for verb in ("UPDATE", "DELETE")
    ]
