"""What a hospital's day leaves in its logs: enough to find a fault, and nothing of a patient."""

import asyncio
import json
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.operations.conftest import free_port
from tests.operations.test_service import running
from xinglin.operations import service
from xinglin.operations.demo import seed
from xinglin.operations.hospital import PASSWORD
from xinglin.platform.settings import Settings, load_settings

PERSON = {"name": "欧阳无痕", "gender": "female", "birth_date": "1949-12-31", "phone": "13812345678"}
NUMBER = "11010519491231002X"
TRACES = ("欧阳", "无痕", "ouyang", "1949-12-31", "13812345678", NUMBER, "xinglin-demo", PASSWORD)
"""What must not be found, in whatever case."""


@pytest.fixture
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("XINGLIN_DATABASE_URL", raising=False)
    return load_settings(home=home, port=free_port(), log_level="DEBUG", log_format="json")


async def use(settings: Settings) -> None:
    """A patient is registered, looked for, and wrongly entered; then the database loses a table and a column."""
    async with httpx.AsyncClient(base_url=service.address(settings), timeout=30) as client:
        for login in ("registrar", "integrator"):
            session = await client.post("/api/session", json={"login": login, "password": PASSWORD})
            client.headers["Authorization"] = f"Bearer {session.json()['token']}"
            wrong = await client.post("/api/session", json={"login": PERSON["name"], "password": NUMBER})
            assert wrong.status_code == 401
            if login == "registrar":
                body = {**PERSON, "identity_number": NUMBER}
                done = await client.post("/api/commands/patients.register", json=body)
                assert done.status_code == 200, done.text
                assert (await client.post("/api/commands/patients.register", json=body)).status_code == 409
                assert (await client.get("/api/views/patients.find", params={"text": "欧阳"})).status_code == 200
        query = {"name": "欧阳", "birthdate": "1949-12-31"}
        assert (await client.get("/fhir/Patient", params=query)).status_code == 200
        bad = {"resourceType": "Patient", "name": "欧阳无痕", "birthDate": "31.12.1949"}
        assert (await client.post("/fhir/Patient", json=bad)).status_code >= 400
        conninfo = service_database(settings)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("ALTER TABLE search_string RENAME TO lost")
        assert (await client.get("/fhir/Patient", params={"name": "欧阳"})).status_code == 500
        good = {"resourceType": "Patient", "name": [{"text": "欧阳无痕"}], "birthDate": "1949-12-31"}
        assert (await client.post("/fhir/Patient", json=good)).status_code == 500
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("SELECT pg_sleep(1.1), %s", ("欧阳无痕",))


def service_database(settings: Settings) -> str:
    """The embedded database of a running service."""
    from xinglin.platform.postgres import EmbeddedPostgres

    return EmbeddedPostgres(settings.home).conninfo


async def test_a_day_with_faults_leaves_no_trace_of_a_patient(settings: Settings) -> None:
    async with running(settings, server=service.SERVER, worker=service.WORKER, seed=seed):
        await use(settings)
        await asyncio.sleep(0.5)
    texts = {path.name: path.read_text(encoding="utf-8") for path in logs(settings.home)}
    whole = "".join(texts.values()).lower()
    assert [trace for trace in TRACES if trace.lower() in whole] == []
    faults = [json.loads(line) for line in texts["server.log"].splitlines()]
    assert any("psycopg.errors.UndefinedTable" in line.get("error", "") for line in faults)
    assert "pg_sleep(1.1), $1" in whole  # slow statements are there, without their values


def logs(home: Path) -> list[Path]:
    """All log files of an installation."""
    return [path for path in (home / "log").rglob("*") if path.is_file()]
