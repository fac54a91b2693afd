"""Secrets of projects for which data are given out without names: each makes pseudonyms of its own."""

import secrets
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from xinglin.platform.crypto.suites import SUITES, Suite
from xinglin.platform.sealing import Seal
from xinglin.store.sql import load_queries

queries = load_queries("xinglin.platform")
SIZE = 32


async def project_secret(
    connection: AsyncConnection[Any], seal: Seal, project: str, now: datetime
) -> tuple[bytes, Suite]:
    """The secret of a project, made at the first call, with the suite that was in force then.

    Raises `SealError` where the master key is not that of before.
    """
    sealed = seal.seal(secrets.token_bytes(SIZE), sealed_about(project))
    values = {"project": project, "suite": seal.suite.name, "sealed": sealed, "now": now}
    await connection.execute(queries.add_project_key, values)
    ((suite, kept),) = await (await connection.execute(queries.project_key, values)).fetchall()
    return seal.open(bytes(kept), sealed_about(project)), SUITES[suite]


def sealed_about(project: str) -> str:
    """What the secret of a project is bound to."""
    return f"pseudonyms of {project}"
