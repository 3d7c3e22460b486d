"""Draws, reviews and what was said of them can be added to and nothing else."""

import django.db.models.deletion
from django.db import migrations, models

TABLES = {"reviews_draw": "draws", "reviews_review": "reviews", "reviews_word": "review words"}
REFUSE = """
CREATE TRIGGER {table}_refuse_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{name} are append-only'); END
"""


def key():
    return ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


def link(to, name):
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name=name, to=to)


class Migration(migrations.Migration):
    initial = True

    dependencies = [("custody", "0007_footage_views"), ("roster", "0004_keys")]

    operations = [
        migrations.CreateModel(
            name="Draw",
            fields=[
                key(),
                ("quarter", models.CharField(max_length=6, unique=True)),
                ("seed", models.CharField(max_length=64)),
                ("per_officer", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=255)),
                ("population", models.IntegerField()),
                ("population_sha256", models.CharField(max_length=64)),
                ("left_out", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                key(),
                ("officer_id", models.CharField(db_index=True, max_length=64)),
                ("unit", models.CharField(blank=True, max_length=255)),
                ("draw", link("reviews.draw", "reviews")),
                ("asset", link("custody.asset", "reviews")),
                ("shift", link("roster.shift", "reviews")),
            ],
            options={"constraints": [models.UniqueConstraint(fields=["draw", "asset"], name="drawn_once")]},
        ),
        migrations.CreateModel(
            name="Word",
            fields=[
                key(),
                ("kind", models.CharField(max_length=16)),
                ("outcome", models.CharField(blank=True, max_length=32)),
                ("text", models.TextField(blank=True)),
                ("by", models.CharField(max_length=255)),
                ("at", models.DateTimeField()),
                ("decider", models.CharField(blank=True, max_length=255)),
                ("due_at", models.DateTimeField(null=True)),
                ("review", link("reviews.review", "words")),
            ],
            options={"constraints": [models.UniqueConstraint(fields=["review", "kind"], name="said_once")]},
        ),
        *(
            migrations.RunSQL(REFUSE.format(table=table, verb=verb, name=name), f"DROP TRIGGER {table}_refuse_{verb}")
            for table, name in TABLES.items()
            for verb in ("UPDATE", "DELETE")
        ),
    ]
