"""FHIR over HTTP, through the ASGI interface and a real database."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from xinglin.exchange.fhir import create_fhir
from xinglin.fhir.outcome import FhirError, Forbidden
from xinglin.fhir.search import SearchParameters
from xinglin.platform.database import Database
from xinglin.platform.sealing import Seal
from xinglin.platform.settings import Settings
from xinglin.store.parameters import refreshed
from xinglin.store.repository import Repository


class Unauthorized(FhirError):
    """HTTP 401."""

    status, code = 401, "login"


@pytest.fixture
def bulk_folder(tmp_path: Path) -> Path:
    """Where the files of exports and imports are."""
    return tmp_path / "bulk"


@pytest.fixture
def body_limit() -> int:
    """Bytes that a body may have."""
    return 100_000


@pytest.fixture
async def client(database: Database, bulk_folder: Path, body_limit: int) -> AsyncIterator[httpx.AsyncClient]:
    seconds, seal = itertools.count(), Seal(Settings(home=bulk_folder.parent))

    @asynccontextmanager
    async def open_repository(request: Request, permission: str) -> AsyncIterator[Repository]:
        role = request.headers.get("authorization")
        if role is None:
            raise Unauthorized("Sign in first")
        if permission not in role:
            raise Forbidden(f"You lack {permission}")
        now = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=next(seconds))
        async with database.transaction() as connection:
            repository = Repository(connection, now=now)
            repository.seal = seal
            yield repository

    async def known() -> SearchParameters:
        async with database.reading() as connection:
            return await refreshed(connection)

    fhir = create_fhir(open_repository, known, body_limit=body_limit, folder=bulk_folder)
    app = Starlette(routes=[Mount("/fhir", fhir)])
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    headers = {"Authorization": "fhir.read fhir.write"}
    async with httpx.AsyncClient(transport=transport, base_url="http://hospital/fhir/", headers=headers) as opened:
        yield opened
    async with database.transaction() as connection:
        await connection.execute("TRUNCATE resource, resource_history, search_date, search_string, search_parameter")
        await connection.execute("UPDATE search_version SET version = gen_random_uuid()::text")
        await connection.execute("DELETE FROM procrastinate_jobs")
