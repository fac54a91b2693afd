"""The one error of the launcher."""


class PostgresError(Exception):
    """The embedded database could not be found, set up, started or stopped; the message says what to do."""
