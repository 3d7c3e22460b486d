"""What pages need to stay quick with hundreds of thousands of files."""

from django.db import migrations, models

FILE_NAME = "lower(substr(source_path, length(rtrim(source_path, replace(source_path, '/', ''))) + 1))"
"""As `file_names.FILE_NAME` is today."""


class Migration(migrations.Migration):
    dependencies = [("custody", "0005_news_of_docks")]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX asset_by_file_name ON custody_asset (({FILE_NAME}))", "DROP INDEX asset_by_file_name"
        ),
        migrations.AddIndex("asset", models.Index(fields=["session", "verified_at"], name="asset_by_session")),
        migrations.AddIndex("asset", models.Index(fields=["station", "first_heard_at"], name="asset_by_station")),
        migrations.AddIndex("asset", models.Index(fields=["camera", "first_heard_at"], name="asset_by_camera")),
        migrations.AddIndex("docksession", models.Index(fields=["station", "docked_at"], name="dock_by_station")),
        migrations.AddIndex("docksession", models.Index(fields=["camera", "docked_at"], name="dock_by_camera")),
    ]
