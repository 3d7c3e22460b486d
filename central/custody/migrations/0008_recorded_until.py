"""The end of a recording, where its container tells how long it is."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("custody", "0007_footage_views")]

    operations = [migrations.AddField("asset", "recorded_until", models.DateTimeField(null=True))]
