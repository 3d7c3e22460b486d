"""Holds and tombstones, which can be added to and nothing else; what receipts and objects say of them."""

import django.db.models.deletion
from django.db import migrations, models

TABLES = {
    "custody_hold": "holds",
    "custody_holdrelease": "releases of holds",
    "custody_tombstone": "tombstones",
    "custody_comeback": "rows of what came back",
}
REFUSE = """
CREATE TRIGGER {table}_refuse_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{name} are append-only'); END
"""
PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [("custody", "0009_trends")]

    operations = [
        migrations.AddField("storedobject", "deleted_at", models.DateTimeField(null=True)),
        migrations.AddField("storedobject", "unlinked_at", models.DateTimeField(null=True)),
        migrations.AddField("receipt", "hold", models.BooleanField(default=False)),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("placed_at", models.DateTimeField(db_index=True)),
                ("placed_by", models.CharField(max_length=255)),
                ("request_number", models.CharField(max_length=64)),
                ("reason", models.TextField()),
                ("asset", models.ForeignKey(on_delete=PROTECT, related_name="holds", to="custody.asset")),
            ],
        ),
        migrations.CreateModel(
            name="HoldRelease",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("released_at", models.DateTimeField()),
                ("released_by", models.CharField(max_length=255)),
                ("reason", models.TextField()),
                ("hold", models.OneToOneField(on_delete=PROTECT, related_name="release", to="custody.hold")),
            ],
        ),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                ("size", models.BigIntegerField()),
                ("deleted_at", models.DateTimeField(db_index=True)),
                ("deleted_by", models.CharField(max_length=255)),
                ("binned_at", models.DateTimeField()),
                ("binned_by", models.CharField(max_length=255)),
                ("reason", models.TextField()),
                ("category", models.CharField(max_length=64)),
                ("minimum_s", models.FloatField()),
                ("recorded_until", models.DateTimeField(null=True)),
                ("arrived_at", models.DateTimeField()),
                ("begins_at", models.DateTimeField()),
                ("kept_until", models.DateTimeField()),
                ("shared", models.BooleanField()),
                ("asset", models.ForeignKey(on_delete=PROTECT, related_name="tombstones", to="custody.asset")),
            ],
        ),
        migrations.CreateModel(
            name="ComeBack",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "tombstone",
                    models.OneToOneField(on_delete=PROTECT, related_name="comeback", to="custody.tombstone"),
                ),
            ],
        ),
        *(
            migrations.RunSQL(REFUSE.format(table=table, name=name, verb=verb), f"DROP TRIGGER {table}_refuse_{verb}")
            for table, name in TABLES.items()
            for verb in ("UPDATE", "DELETE")
        ),
    ]
