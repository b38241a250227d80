"""Models, migrations, named queries, outbox: the only ORM, the only SQL, the only commit."""

import os


def setup() -> None:
    """Make the models importable in this process; harmless when repeated."""
    import django  # here: importing uzel.store.postgres must not cost Django's start
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "uzel.store.django_settings")
    if not apps.ready:
        django.setup()
