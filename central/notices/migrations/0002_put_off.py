from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]
    operations = [migrations.AddField("notice", "put_off", models.BooleanField(default=False))]
