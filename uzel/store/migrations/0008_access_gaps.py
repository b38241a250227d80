"""A session knows whether a mailed link opened it; who has a file is found without reading every delivery."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0007_people_found")]
    operations = [
        migrations.AddField(
            "session",
            "handle",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="store.handle",
            ),
        ),
        migrations.AddIndex(
            "delivery",
            models.Index(condition=models.Q(("blob__isnull", False)), fields=["blob"], name="delivery_blob"),
        ),
        migrations.AddIndex(
            "upload",
            models.Index(condition=models.Q(("blob__isnull", False)), fields=["blob"], name="upload_blob"),
        ),
    ]
