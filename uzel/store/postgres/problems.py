"""What keeps the database from being used."""

from uzel.kernel.errors import UzelError


class DatabaseUnusable(UzelError):
    """The database is missing, does not start, or can't do what Uzel needs. Mended by the administrator."""

    code = "database"
