"""``uzel openapi``: write the API document, which stands in the repository. Needs no database."""

import os
from pathlib import Path


def write(target: Path) -> None:
    os.environ.setdefault("DATABASE_URL", "postgresql:///not-needed")
    from uzel.store import setup

    setup()
    from uzel.api.app import api
    from uzel.api.openapi import document

    target.write_text(document(api), encoding="utf-8")
