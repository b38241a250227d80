"""What granian runs in each web worker."""

from uzel.store import setup

setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - Django is set up first

from uzel.api.door import with_hook_door  # noqa: E402
from uzel.roles.pages import with_assets  # noqa: E402

application = with_hook_door(with_assets(get_wsgi_application()))
