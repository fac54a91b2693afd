"""Metrics: for whoever bears the token, over all processes, and without a word on patients."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.hospital import Hospital
from tests.operations.conftest import free_port
from tests.server.conftest import FRONTEND, token
from xinglin.platform import deliveries, jobs
from xinglin.platform.settings import Settings, SettingsError, load_settings
from xinglin.server import create_app
from xinglin.server.worker import close_yesterday_job

TOKEN = "a-token-of-the-monitoring"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
async def measured(hospital: Hospital, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that measures."""
    conninfo, home = hospital.application.database.conninfo, tmp_path_factory.mktemp("home")
    app = create_app(Settings(database_url=conninfo, frontend=FRONTEND, home=home, metrics_token=TOKEN))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hospital") as opened,
    ):
        yield opened


def values(text: str) -> dict[str, float]:
    """Samples by name and labels."""
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_requests_are_counted_by_part_method_and_status(measured: httpx.AsyncClient, hospital: Hospital) -> None:
    patient = await hospital.patient("计数者")
    headers = await token(measured, "integrator")
    before = values((await measured.get("/metrics", headers=BEARER)).text)
    for _ in range(3):
        await measured.get(f"/fhir/{patient}", headers=headers)
    await measured.get("/fhir/Patient?name=计数者", headers=headers)
    await measured.get("/fhir/Patient/none", headers=headers)
    await measured.request("BREW", "/pot")
    answer = await measured.get("/metrics", headers=BEARER)
    assert answer.headers["content-type"].startswith("text/plain")
    after = values(answer.text)

    def more(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert more("xinglin_request_seconds_count['2xx', 'GET', 'fhir']") == 4
    assert more("xinglin_request_seconds_count['4xx', 'GET', 'fhir']") == 1
    assert "xinglin_request_seconds_count['2xx', 'POST', 'api']" in after
    assert any("'other', 'web'" in name for name in after)
    assert patient.partition("/")[2] not in answer.text
    assert "计数者" not in answer.text


async def test_what_waits_is_told(measured: httpx.AsyncClient, hospital: Hospital) -> None:
    await hospital.patient("等候者")
    found = values((await measured.get("/metrics", headers=BEARER)).text)
    assert found["xinglin_audit_unsealed[]"] > 0
    assert found["xinglin_events_parked[]"] == 0
    assert found["xinglin_connections[]"] >= 1
    assert (found["xinglin_jobs_failed[]"], found["xinglin_channels_held[]"]) == (0, 0)
    now = hospital.clock()
    async with hospital.application.database.transaction() as connection:
        id = await jobs.enqueue(connection, close_yesterday_job, timestamp=0)
        for status in ("doing", "failed"):
            await connection.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", (status, id))
        pause = {"channel": "subscription/x", "next_attempt": now, "held": now, "error": "none"}
        await connection.execute(deliveries.queries.delivery_pause, pause)
    found = values((await measured.get("/metrics", headers=BEARER)).text)
    assert (found["xinglin_jobs_failed[]"], found["xinglin_channels_held[]"]) == (1, 1)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
async def test_others_do_not_learn_that_it_is_there(measured: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await measured.get("/metrics", headers=headers)).status_code == 404


async def test_without_a_token_nothing_is_there(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics", headers=BEARER)
    assert "xinglin_" not in answer.text


def test_a_short_token_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match="XINGLIN_METRICS_TOKEN") as error:
        load_settings(metrics_token="guess-me")
    assert "guess-me" not in str(error.value)


SERVE = """
from xinglin.operations.child import serve
from xinglin.platform.settings import load_settings
serve(load_settings(), "xinglin.server:create_app")
"""


def test_several_processes_count_together(hospital: Hospital, tmp_path: Path) -> None:
    port = free_port()
    settings = {
        "XINGLIN_DATABASE_URL": hospital.application.database.conninfo,
        "XINGLIN_HOME": str(tmp_path),
        "XINGLIN_FRONTEND": str(FRONTEND),
        "XINGLIN_PORT": str(port),
        "XINGLIN_WORKERS": "2",
        "XINGLIN_METRICS_TOKEN": TOKEN,
        "XINGLIN_LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen([sys.executable, "-c", SERVE], env={**os.environ, **settings})
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", transport=httpx.HTTPTransport(retries=20), timeout=10
        ) as asking:
            for _ in range(40):
                with httpx.Client(base_url=asking.base_url, transport=httpx.HTTPTransport(retries=20)) as each:
                    assert each.get("/healthz").status_code == 200
            found = values(asking.get("/metrics", headers=BEARER).text)
    finally:
        process.terminate()
        process.wait(20)
    assert found["xinglin_request_seconds_count['2xx', 'GET', 'healthz']"] == 40
