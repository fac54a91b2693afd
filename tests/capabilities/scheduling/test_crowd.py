"""Two hundred clients at once on the last ten places, through HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import uvicorn

from tests.hospital import Hospital
from xinglin.operations.hospital import PASSWORD
from xinglin.platform.settings import Settings
from xinglin.server import create_app
from xinglin.store.repository import Repository

FRONTEND = Path(__file__).resolve().parents[3] / "node_modules"
CLIENTS, LAST = 200, 10


EACH_ITS_OWN = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
"""Every client has a connection."""


@asynccontextmanager
async def served(hospital: Hospital) -> AsyncIterator[str]:
    """The real server over the hospital's database; gives the address of its interface."""
    settings = Settings(database_url=hospital.application.database.conninfo, frontend=FRONTEND, password_days=0)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(CLIENTS)
        server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="warning", lifespan="on"))
        server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/api"
        server.should_exit = True
        await serving


async def people(hospital: Hospital) -> list[str]:
    async with hospital.application.database.transaction() as connection:
        repository = Repository(connection, now=hospital.clock())
        stored = [
            await repository.create({"resourceType": "Patient", "name": [{"text": f"抢号{number}"}]})
            for number in range(CLIENTS)
        ]
    return [f"Patient/{patient['id']}" for patient in stored]


async def test_exactly_ten_get_the_last_ten_places_and_all_others_hear_of_the_nearest(hospital: Hospital) -> None:
    # The server goes by the machine's clock, so the places lie ahead of that.
    day = datetime.now(UTC).date() + timedelta(days=40)
    values = {"schedule": "Schedule/cardiology", "begin": "08:00", "minutes": 10}
    await hospital.do("registrar", "scheduling.publish", day=day, end="09:40", **values)
    await hospital.do("registrar", "scheduling.publish", day=day + timedelta(days=1), end="08:30", **values)
    rows = [
        row
        for each in (day, day + timedelta(days=1))
        for row in await hospital.rows("registrar", "scheduling.free_slots", day=each, clinic="Schedule/cardiology")
    ]
    assert len(rows) == LAST + 3
    fought_for, others = [row.key for row in rows[:LAST]], [row.key for row in rows[LAST:]]
    patients = await people(hospital)
    async with served(hospital) as base, httpx.AsyncClient(base_url=base, timeout=120, limits=EACH_ITS_OWN) as client:
        session = await client.post("/session", json={"login": "registrar", "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {session.json()['token']}"

        async def book(number: int) -> httpx.Response:
            values = {"patient": patients[number], "slot": fought_for[number % LAST]}
            return await client.post("/commands/scheduling.book", json=values)

        answers = await asyncio.gather(*map(book, range(CLIENTS)))
    won = [answer.json()["resource"]["slot"][0]["reference"] for answer in answers if answer.status_code == 200]
    assert sorted(won) == sorted(fought_for)
    refused = [answer.json() for answer in answers if answer.status_code != 200]
    assert {answer.status_code for answer in answers} == {200, 409}
    assert len(refused) == CLIENTS - LAST
    for outcome in refused:
        alternatives = [issue["expression"][0] for issue in outcome["issue"][1:]]
        assert len(alternatives) == 3
        assert set(alternatives) <= {*others, *fought_for}
    for slot in fought_for:
        assert (await hospital.read(slot))["status"] == "busy"
