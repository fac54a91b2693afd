"""The ASGI application: screens at `/`, commands and views at `/api`, FHIR at `/fhir`."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from xinglin.exchange.api import create_api
from xinglin.exchange.fhir import create_fhir
from xinglin.exchange.fhir.notifications import offered
from xinglin.exchange.payments import create_callbacks
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.search import SearchParameters
from xinglin.kernel.application import Application
from xinglin.kernel.capability import Registry
from xinglin.kernel.roles import ROLES
from xinglin.platform import i18n, tracing
from xinglin.platform.collecting import settle
from xinglin.platform.crypto.vault import Vault
from xinglin.platform.database import Database, DatabaseError
from xinglin.platform.settings import Settings, SettingsError, load_settings
from xinglin.server.doors import OnlySignedIn, TokenGate
from xinglin.server.limits import Limits
from xinglin.server.recording import OnRecord
from xinglin.store.parameters import refreshed
from xinglin.web.app import create_web

__all__ = ["create_app", "create_application"]


def create_application(settings: Settings, name: str, *, journal: bool = False) -> Application:
    """An installation over the database that the settings name; the pool is not open yet.

    `name` shows in the database's list of connections. With `journal`, reads are recorded by way of a journal in the
    home, which must be opened and closed with the pool.

    Raises `DatabaseError` where the settings name no database, `SettingsError` where they name a role that there isn't:
    a second factor must not be left out because of a slip of the pen.
    """
    named = settings.roles_with_second_factor.union(*(provider.roles for provider in settings.providers))
    if unknown := sorted(named - ROLES.keys()):
        raise SettingsError(f"There is no role {', '.join(unknown)}; there are {', '.join(ROLES)}")
    if settings.database_url is None:
        raise DatabaseError("XINGLIN_DATABASE_URL is not set; `xinglin demo` and `xinglin serve` set it by themselves.")
    replica = settings.database_replica_url
    size, vault = settings.database_pool, Vault(settings)
    database = Database(settings.database_url, max_size=size, application=name, replica=replica, vault=vault)
    recorder = None
    if journal and os.name == "posix":  # file locks, by which a journal is known to be left behind
        from xinglin.platform.audit.journal import Journal

        recorder = Journal(database, settings.audit_journal)
    zone, seal = ZoneInfo(settings.timezone), vault.seal
    return Application(Registry.discover(), database, zone=zone, recorder=recorder, seal=seal, settings=settings)


async def _nowhere(_request: Request, error: Exception) -> Response:
    """The answer for a path that no part of the server can match, such as one with a line break."""
    assert isinstance(error, HTTPException)
    outcome = operation_outcome([Issue("error", "not-found", str(error.detail))])
    return JSONResponse(outcome, error.status_code, media_type="application/fhir+json")


def _health(application: Application) -> list[Route]:
    """Whether the process lives, and whether it reaches its database."""

    async def alive(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_request: Request) -> Response:
        async with application.database.transaction() as connection:
            await connection.execute("SELECT 1")
        return JSONResponse({"status": "ready"})

    return [Route("/healthz", alive), Route("/readyz", ready)]


def _measured(application: Application, settings: Settings) -> tuple[list[Route], list[Middleware]]:
    """What counts requests, and where that is read; nothing without a token."""
    if settings.metrics_token is None:
        return [], []
    from xinglin.server.metrics import Measured, Metrics

    return [Route("/metrics", Metrics(application, settings.metrics_token).page)], [Middleware(Measured)]


def _traced(application: Application, settings: Settings) -> list[Middleware]:
    """What traces requests; nothing where no collector is named."""
    if settings.otlp_endpoint is None:
        return []
    from xinglin.server.traced import Traced

    return [Middleware(Traced, registry=application.registry)]


def create_app(settings: Settings | None = None, application: Application | None = None) -> Starlette:
    """The whole server, for `uvicorn --factory xinglin.server:create_app`. `application` is not open yet."""
    chosen = settings or load_settings()
    application = application or create_application(chosen, "xinglin-server", journal=True)
    gate = TokenGate(application, chosen)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        i18n.preload()
        tracing.configure(chosen, "xinglin-server")
        await application.database.open()
        await application.recorder.open()
        settle()
        try:
            yield
        finally:
            await application.recorder.close()
            await application.database.close()
            await asyncio.to_thread(tracing.use, None)

    async def known() -> SearchParameters:
        async with application.database.reading() as connection:
            return await refreshed(connection)

    topics = offered(application.registry)
    fhir = create_fhir(gate.repository, known, folder=chosen.home / "bulk", topics=topics)
    metrics, middleware = _measured(application, chosen)
    return Starlette(
        lifespan=lifespan,
        middleware=[*middleware, *_traced(application, chosen), Middleware(Limits, settings=chosen)],
        exception_handlers={HTTPException: _nowhere},
        routes=[
            *_health(application),
            *metrics,
            Mount("/callbacks", create_callbacks(application, chosen)),
            Mount("/api", create_api(lambda: application, gate)),
            Mount("/fhir", OnRecord(OnlySignedIn(fhir, gate), application.recorder)),
            Mount("/", create_web(application, chosen)),
        ],
    )
