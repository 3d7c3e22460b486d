"""Papers that were issued can be added to and nothing else."""

import django.db.models.deletion
from django.db import migrations, models

REFUSE = """
CREATE TRIGGER papers_refuse_{verb} BEFORE {verb} ON papers_paper
BEGIN SELECT RAISE(ABORT, 'papers are append-only'); END
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("custody", "0007_footage_views")]

    operations = [
        migrations.CreateModel(
            name="Paper",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("paper_id", models.UUIDField(unique=True)),
                ("at", models.DateTimeField(db_index=True)),
                ("by", models.CharField(max_length=255)),
                ("roles", models.CharField(max_length=255)),
                ("reason", models.TextField()),
                ("request_number", models.CharField(blank=True, max_length=64)),
                ("peer", models.CharField(blank=True, max_length=255)),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.TextField()),
                ("signature", models.CharField(max_length=128)),
                ("key_id", models.CharField(max_length=64)),
                ("public_pem", models.TextField()),
                (
                    "asset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="papers", to="custody.asset"
                    ),
                ),
            ],
        ),
        *(
            migrations.RunSQL(REFUSE.format(verb=verb), f"DROP TRIGGER papers_refuse_{verb}")
            for verb in ("UPDATE", "DELETE")
        ),
    ]
