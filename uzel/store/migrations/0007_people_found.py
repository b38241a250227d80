"""People are found by any part of their name or address while it is typed."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0006_desk")]
    operations = [
        migrations.AddIndex(
            "person",
            django.contrib.postgres.indexes.GinIndex(
                fields=["name"], opclasses=["gin_trgm_ops"], name="person_name_words"
            ),
        ),
        migrations.AddIndex(
            "handle",
            django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(valid_until=None),
                fields=["value"],
                opclasses=["gin_trgm_ops"],
                name="handle_value_parts",
            ),
        ),
    ]
