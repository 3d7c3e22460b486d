"""When files were found, receipted and gone, by time: for the backlog over days."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("custody", "0008_recorded_until")]

    operations = [
        migrations.AddIndex("asset", models.Index(fields=["found_at"], name="asset_by_find")),
        migrations.AddIndex("asset", models.Index(fields=["verified_at"], name="asset_by_verification")),
        migrations.AddIndex("asset", models.Index(fields=["gone_at"], name="asset_by_going")),
    ]
