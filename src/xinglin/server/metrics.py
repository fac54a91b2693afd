"""Metrics for Prometheus: how often and how fast, how full, how far behind. None of them tells of a patient."""

import hmac
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xinglin.kernel.application import Application
from xinglin.platform import deliveries, job_list, outbox
from xinglin.platform.audit import sealing

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own variable: the folder by which the server's processes count together. It must be set before this
module is imported."""

AREAS = {"api", "fhir", "static", "healthz", "readyz", "metrics"}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""

_here = CollectorRegistry()
REQUESTS = Histogram(
    "xinglin_request_seconds",
    "Seconds until an answer began, by the part of the server that gave it",
    ("area", "method", "status"),
    buckets=BUCKETS,
    registry=_here,
)


class Measured:
    """ASGI middleware around the whole server: counts requests and their time. Addresses are reduced to the part of the
    server that they belong to, so that neither ids nor what was searched for become labels."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        first = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
        area = first if first in AREAS else "web"
        method = scope["method"] if scope["method"] in METHODS else "other"

        async def measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = f"{message['status'] // 100}xx"
                REQUESTS.labels(area, method, status).observe(time.perf_counter() - begun)
            await send(message)

        await self.app(scope, receive, measured)


@dataclass(frozen=True)
class Backlog:
    """What waits in the database, as of now."""

    values: dict[str, tuple[str, float]]

    def collect(self) -> Iterable[Metric]:
        """The gauges, as the library wants them."""
        for name, (text, value) in self.values.items():
            yield GaugeMetricFamily(f"xinglin_{name}", text, value=value)


class _Collected(Collector):
    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog

    def collect(self) -> Iterator[Metric]:
        yield from self._backlog.collect()


async def backlog_of(application: Application) -> Backlog:
    """Looks what waits: events, jobs, channels, entries of the audit, connections."""
    async with application.database.transaction() as connection:
        events, audit = await outbox.lag(connection), await sealing.lag(connection)
        jobs, held = await job_list.counted(connection), await deliveries.held(connection)
    now = application.clock()
    pool = application.database.statistics()
    return Backlog(
        {
            "events_waiting": ("Events that wait for their handlers", events.waiting),
            "events_parked": ("Events that failed too often and wait for a person", events.parked),
            "events_age_seconds": ("Seconds since the oldest event that waits", _age(events.oldest, now)),
            "jobs_waiting": ("Jobs that nobody has begun", jobs.get("todo", 0)),
            "jobs_failed": ("Jobs that failed too often and wait for a person", jobs.get("failed", 0)),
            "channels_held": ("Channels of deliveries that wait for a person", len(held)),
            "audit_unsealed": ("Entries of the audit that no seal covers yet", audit.waiting),
            "audit_unsealed_age_seconds": ("Seconds since the oldest of them", _age(audit.oldest, now)),
            "audit_seals": ("Seals of the audit", audit.seals),
            "connections": ("Connections to the database of this process", pool.get("pool_size", 0)),
            "connections_free": ("Those of them that nobody uses", pool.get("pool_available", 0)),
            "connections_waited_for": ("Requests that wait for a connection now", pool.get("requests_waiting", 0)),
        }
    )


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


class Metrics:
    """The route `/metrics`, for whoever bears the token. Others learn nothing, not even that it is there."""

    def __init__(self, application: Application, token: str) -> None:
        self._application = application
        self._token = token

    async def page(self, request: Request) -> Response:
        """All metrics, in Prometheus' text format."""
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            return Response(status_code=404)
        backlog = await backlog_of(self._application)
        registry = CollectorRegistry()
        registry.register(_Collected(backlog))
        text = generate_latest(registry)
        if os.environ.get(SHARED):
            shared = CollectorRegistry()
            MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
            text += generate_latest(shared)
        else:
            text += generate_latest(_here)
        return Response(text, media_type=CONTENT_TYPE_LATEST)
