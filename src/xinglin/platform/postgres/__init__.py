"""The embedded PostgreSQL: found, set up, started, adopted and stopped by our own small launcher."""

from xinglin.platform.postgres.errors import PostgresError
from xinglin.platform.postgres.launcher import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "PostgresError"]
