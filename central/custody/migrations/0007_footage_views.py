"""How much room a card has; and who looked at footage, which can be added to and nothing else."""

import django.db.models.deletion
from django.db import migrations, models

REFUSE = """
CREATE TRIGGER footage_views_refuse_{verb} BEFORE {verb} ON custody_footageview
BEGIN SELECT RAISE(ABORT, 'footage views are append-only'); END
"""


class Migration(migrations.Migration):
    dependencies = [("custody", "0006_pages")]

    operations = [
        migrations.AddField("docksession", "card_size_bytes", models.BigIntegerField(null=True)),
        migrations.AddField("docksession", "card_free_bytes", models.BigIntegerField(null=True)),
        migrations.CreateModel(
            name="FootageView",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_index=True)),
                ("by", models.CharField(max_length=255)),
                ("roles", models.CharField(max_length=255)),
                ("sha256", models.CharField(max_length=64)),
                ("what", models.CharField(max_length=16)),
                ("reason", models.TextField()),
                ("request_number", models.CharField(blank=True, max_length=64)),
                ("peer", models.CharField(blank=True, max_length=255)),
                (
                    "asset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="views", to="custody.asset"
                    ),
                ),
            ],
        ),
        *(
            migrations.RunSQL(REFUSE.format(verb=verb), f"DROP TRIGGER footage_views_refuse_{verb}")
            for verb in ("UPDATE", "DELETE")
        ),
    ]
