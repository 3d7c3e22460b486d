"""What people say of footage: it can be added to, and nothing else."""

import django.db.models.deletion
from django.db import migrations, models

PROTECT = django.db.models.deletion.PROTECT
TABLES = {
    "retention_categorisation": "categorisations",
    "retention_link": "links",
    "retention_binned": "rows of the bin",
    "retention_binend": "ends of rows of the bin",
}
REFUSE = """
CREATE TRIGGER {table}_refuse_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{name} are append-only'); END
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("custody", "0010_keeping")]

    operations = [
        migrations.CreateModel(
            name="Categorisation",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("before", models.CharField(max_length=64)),
                ("after", models.CharField(max_length=64)),
                ("minimum_s", models.FloatField(null=True)),
                ("said_at", models.DateTimeField(db_index=True)),
                ("said_by", models.CharField(max_length=255)),
                ("said_as", models.CharField(max_length=255)),
                ("reason", models.TextField(blank=True)),
                ("asset", models.ForeignKey(on_delete=PROTECT, related_name="categorisations", to="custody.asset")),
            ],
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("officer_id", models.CharField(blank=True, max_length=64)),
                ("at", models.DateTimeField(null=True)),
                ("kind", models.CharField(max_length=16)),
                ("reference", models.CharField(max_length=64)),
                ("brought_at", models.DateTimeField()),
                ("brought_by", models.CharField(max_length=255)),
                ("asset", models.ForeignKey(null=True, on_delete=PROTECT, related_name="links", to="custody.asset")),
            ],
            options={
                "indexes": [models.Index(fields=["officer_id", "at"], name="link_by_officer")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["asset", "kind", "reference"],
                        condition=models.Q(("asset__isnull", False)),
                        name="one_link_of_an_asset",
                    ),
                    models.UniqueConstraint(
                        fields=["officer_id", "at", "kind", "reference"],
                        condition=models.Q(("asset__isnull", True)),
                        name="one_link_of_an_officer",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Binned",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("binned_at", models.DateTimeField(db_index=True)),
                ("binned_by", models.CharField(max_length=255)),
                ("reason", models.TextField()),
                ("asset", models.ForeignKey(on_delete=PROTECT, related_name="binned", to="custody.asset")),
            ],
        ),
        migrations.CreateModel(
            name="BinEnd",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("outcome", models.CharField(max_length=16)),
                ("ended_at", models.DateTimeField()),
                ("ended_by", models.CharField(max_length=255)),
                ("reason", models.TextField(blank=True)),
                ("binned", models.OneToOneField(on_delete=PROTECT, related_name="end", to="retention.binned")),
            ],
        ),
        *(
            migrations.RunSQL(REFUSE.format(table=table, name=name, verb=verb), f"DROP TRIGGER {table}_refuse_{verb}")
            for table, name in TABLES.items()
            for verb in ("UPDATE", "DELETE")
        ),
    ]
