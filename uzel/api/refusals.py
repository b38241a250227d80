"""What only the API itself refuses; everything else comes from the rooms below."""

from uzel.kernel.errors import Conflict, UzelError


class VersionMissing(UzelError):
    """PATCH of something that has a version needs If-Match."""

    code = "version-missing"


class KeyMissing(UzelError):
    """A POST must say by Idempotency-Key which action it is."""

    code = "idempotency-key-missing"


class InFlight(Conflict):
    """The first call with this key has not ended yet."""

    code = "in-flight"
    retry_after = 1


class KeyReused(Conflict):
    """The key stands for another request."""

    code = "idempotency-key-reused"
