"""The server is killed while cashiers take money: nobody pays twice, nothing is lost, and every sum holds."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.money import wrong_sums
from tests.capabilities.billing.test_desk import bill
from tests.hospital import SECRET_KEY, Hospital
from xinglin.operations.hospital import PASSWORD

BILLS = 24
KILLS = 2


class Server:
    """A real server in a process of its own."""

    def __init__(self, conninfo: str, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._environment = {
            **os.environ,
            "XINGLIN_DATABASE_URL": conninfo,
            "XINGLIN_HOME": str(home),
            "XINGLIN_SECRET_KEY": SECRET_KEY,
            "XINGLIN_PASSWORD_DAYS": "0",
            "XINGLIN_DATABASE_POOL": "6",
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "--factory", "xinglin.server:create_app", "--port", str(self.port)]
        self._process = subprocess.Popen([*command, "--log-level", "error"], env=self._environment)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/healthz", trust_env=False)
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


@pytest.fixture
def server(hospital: Hospital, tmp_path: Path) -> Iterator[Server]:
    made = Server(hospital.application.database.conninfo, tmp_path)
    made.start()
    yield made
    made.kill()


async def settle(server: Server, token: str, visit: str, log: list[str]) -> str:
    """Pays a bill, under one key, as often as it takes until somebody answers; returns the invoice."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"killed-{visit}"}
    values = {"visit": visit, "total": "12.30", "method": "cash", "tendered": "20"}
    async with httpx.AsyncClient(trust_env=False, timeout=30, headers=headers) as client:
        while True:
            try:
                answer = await client.post(f"{server.api}/commands/billing.settle", json=values)
            except httpx.HTTPError as error:
                log.append(type(error).__name__)
                await asyncio.sleep(0.05)
                continue
            assert answer.status_code == 200, answer.text
            return str(answer.json()["resource"]["id"])


async def test_nobody_pays_twice_and_nothing_is_lost(hospital: Hospital, server: Server) -> None:
    visits = [(await bill(hospital, "12.30"))[0] for _ in range(BILLS)]
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.post(f"{server.api}/session", json={"login": "cashier", "password": PASSWORD})
    token = answer.json()["token"]
    log: list[str] = []
    paying = [asyncio.create_task(settle(server, token, visit, log)) for visit in visits]
    for pause in (0.15, 0.1)[:KILLS]:
        await asyncio.sleep(pause)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    invoices = await asyncio.gather(*paying)
    assert log, "no request was cut off: the test saw nothing"
    assert len(set(invoices)) == BILLS
    assert [await settle(server, token, visit, log) for visit in visits] == invoices
    shown = await hospital.rows("cashier", "billing.open_bills", limit=500)
    assert not {row.key for row in shown} & set(visits)
    assert await wrong_sums(hospital.application) == []
