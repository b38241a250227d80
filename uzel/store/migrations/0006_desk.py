"""What the desk asks: who left a ticket by a split, lists of what waits, search by words of the subject."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0005_outbox")]
    operations = [
        migrations.AddField("ticketsplit", "before", models.JSONField(default=dict, db_default={})),
        migrations.AddIndex(
            "ticket",
            models.Index(
                fields=["-last_entry_at", "-id"],
                condition=models.Q(is_open=True, status__in=["waiting_user", "waiting_others"]),
                name="ticket_waiting",
            ),
        ),
        migrations.AddIndex(
            "ticket",
            django.contrib.postgres.indexes.GinIndex(
                fields=["subject"], opclasses=["gin_trgm_ops"], name="ticket_subject_words"
            ),
        ),
    ]
