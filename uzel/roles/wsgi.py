"""What granian runs in each web worker."""

import sys

from uzel.store import setup

# Calls are a millisecond of work each: waiting Python's usual five for a turn at the interpreter is most of a slow one.
sys.setswitchinterval(0.001)
setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - Django is set up first

from uzel.api.door import with_hook_door  # noqa: E402
from uzel.roles.pages import with_assets  # noqa: E402

application = with_hook_door(with_assets(get_wsgi_application()))
