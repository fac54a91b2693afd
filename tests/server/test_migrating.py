"""A database is migrated while its hospital goes on: who reads or writes by HTTP gets no error and waits for nobody."""

import asyncio
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.hospital import Hospital
from tests.server.conftest import token
from xinglin.platform import stepping
from xinglin.platform.migrations import OWNERS, migrate

HELD = 3.0
"""Seconds for which a long transaction holds a lock that the migration needs."""
EXPAND = "ALTER TABLE resource ADD COLUMN sample text;"
FILL = """-- repeat: in batches
UPDATE resource SET sample = type WHERE (type, key) IN (
  SELECT type, key FROM resource WHERE sample IS NULL LIMIT 200 FOR UPDATE SKIP LOCKED);
"""
INDEX = """-- step: what a broken attempt left
DROP INDEX CONCURRENTLY IF EXISTS sample_index;
-- step: while everybody writes
CREATE INDEX CONCURRENTLY sample_index ON resource_patient (sample);
"""
CHECKED = """-- step: for what comes
ALTER TABLE resource_patient DROP CONSTRAINT IF EXISTS sample_there;
-- step: for what comes
ALTER TABLE resource_patient ADD CONSTRAINT sample_there CHECK (sample <> '') NOT VALID;
-- step: for what is there
ALTER TABLE resource_patient VALIDATE CONSTRAINT sample_there;
"""


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An owner of migrations as a later version might bring."""
    folder = tmp_path / "later" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "later" / "__init__.py").touch()
    for number, text in enumerate((EXPAND, FILL, INDEX, CHECKED), 1):
        (folder / f"{number:04d}_part.sql").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(stepping, "PAUSES", (0.1, 0.3))
    return "later"


class Clients:
    """People and systems that go on reading and writing, and note what they got and how long they waited."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._client, self._headers = client, headers
        self.stop = asyncio.Event()
        self.answers: list[int] = []
        self.longest = 0.0

    async def _send(self, method: str, path: str, **more: object) -> httpx.Response:
        begun = asyncio.get_running_loop().time()
        answer = await self._client.request(method, f"/fhir/{path}", headers=self._headers, **more)  # type: ignore[arg-type]
        self.longest = max(self.longest, asyncio.get_running_loop().time() - begun)
        self.answers.append(answer.status_code)
        assert answer.status_code < 300, answer.text
        return answer

    async def go_on(self) -> None:
        """Creates, reads, searches, updates, reads the history, until told to stop."""
        while not self.stop.is_set():
            patient = {"resourceType": "Patient", "name": [{"family": "迁移"}]}
            made = (await self._send("POST", "Patient", json=patient)).json()
            await self._send("GET", f"Patient/{made['id']}")
            await self._send("GET", "Patient?name=迁移&_count=5")
            await self._send("PUT", f"Patient/{made['id']}", json={**made, "gender": "male"})
            await self._send("GET", f"Patient/{made['id']}/_history")


async def test_nobody_gets_an_error_and_nobody_waits_long(
    client: httpx.AsyncClient, hospital: Hospital, sample: str
) -> None:
    conninfo = hospital.application.database.conninfo
    clients = Clients(client, await token(client, "integrator"))
    async with (
        await psycopg.AsyncConnection.connect(conninfo) as long,
        await psycopg.AsyncConnection.connect(conninfo) as migrator,
        asyncio.TaskGroup() as at_work,
    ):
        for _client in range(4):
            at_work.create_task(clients.go_on())
        await asyncio.sleep(0.5)
        await long.execute("SELECT count(*) FROM resource")  # a report, say, that takes its time
        migrating = asyncio.create_task(migrate(migrator, (*OWNERS, sample)))
        await asyncio.sleep(HELD)
        assert not migrating.done(), "it waits for the report"
        during = len(clients.answers)
        await long.commit()
        applied = await asyncio.wait_for(migrating, 60)
        await asyncio.sleep(0.5)
        clients.stop.set()
    assert [owner for owner, _name in applied] == [sample] * 4
    assert during > 20
    assert set(clients.answers) == {200, 201}
    assert clients.longest < HELD - 0.5, "nobody waited for the report"
    async with hospital.application.database.transaction() as connection:
        empty = "SELECT count(*) FILTER (WHERE sample IS NULL), count(sample) FROM resource"
        row = await (await connection.execute(empty)).fetchone()
        assert row is not None
        assert row[1] > 100
        valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'sample_index'::regclass"
        assert await (await connection.execute(valid)).fetchone() == (True,)
