"""The outbox is claimed per channel, so that a slow one holds up no other; system mails; bounces found by recipient."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, OrderBy, Q
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("store", "0004_access")]
    operations = [
        migrations.AlterField(
            "dispatch",
            "entry",
            models.ForeignKey(
                "store.entry",
                django.db.models.deletion.CASCADE,
                null=True,
                related_name="dispatches",
                db_index=False,
            ),
        ),
        migrations.AddField("dispatch", "payload", models.JSONField(null=True)),
        migrations.RemoveIndex("dispatch", "dispatch_queue"),
        migrations.AddIndex(
            "dispatch",
            models.Index(fields=["channel", "next_at", "id"], condition=Q(state="queued"), name="dispatch_queue"),
        ),
        migrations.AddIndex(
            "dispatch",
            models.Index(Lower("to_value"), OrderBy(F("id"), descending=True), name="dispatch_recipient"),
        ),
    ]
