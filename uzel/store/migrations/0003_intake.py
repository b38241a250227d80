"""What intake looks up: people by the words of their name. Raw HTML is not worth compressing."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

STORAGE = """
ALTER TABLE entry ALTER COLUMN html SET STORAGE EXTERNAL;
ALTER TABLE entry ALTER COLUMN quoted SET STORAGE EXTERNAL;
"""


class Migration(migrations.Migration):
    dependencies = [("store", "0002_database_rules")]
    operations = [
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        migrations.AddField(
            "person",
            "name_parts",
            django.contrib.postgres.fields.ArrayField(models.TextField(), db_default=[], default=list),
        ),
        migrations.AddIndex(
            "person",
            django.contrib.postgres.indexes.GinIndex(
                fields=["name_parts"],
                condition=models.Q(merged_into=None, is_provisional=False),
                name="person_name_parts",
            ),
        ),
    ]
