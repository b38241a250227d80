"""A repeated call gets its headers back too (ETag, Location)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0003_intake")]
    operations = [
        migrations.AddField("idempotencyrecord", "headers", models.JSONField(default=dict, db_default={})),
    ]
