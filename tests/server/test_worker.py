"""The worker as a real process part: events are delivered, jobs run, and it stops when told."""

import asyncio
from datetime import timedelta
from pathlib import Path

from tests.hospital import Hospital
from xinglin.platform.audit.sealing import lag
from xinglin.platform.jobs import enqueue
from xinglin.platform.settings import Settings
from xinglin.server import run_worker
from xinglin.server.worker import KEYS_KEPT, sweep, sweep_job


async def until(condition: object, seconds: float = 20) -> None:
    """Waits until an asynchronous condition holds."""
    end = asyncio.get_running_loop().time() + seconds
    while not await condition():  # type: ignore[operator]
        assert asyncio.get_running_loop().time() < end, "it did not happen in time"
        await asyncio.sleep(0.05)


async def test_events_are_delivered_and_jobs_run_until_it_is_told_to_stop(hospital: Hospital, tmp_path: Path) -> None:
    visit, number = await hospital.signed_prescription(await hospital.patient("工人"))
    await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    await hospital.pay(visit)
    old = hospital.clock() - KEYS_KEPT - timedelta(days=10000)
    async with hospital.application.database.transaction() as connection:
        insert = "INSERT INTO idempotency_key (account, key, digest, at) VALUES ('a', 'old-key-1', 'x', %s)"
        await connection.execute(insert, (old,))
        await enqueue(connection, sweep_job, timestamp=0)

    async def paid() -> bool:
        return await hospital.state("visit", visit) == "PENDING_MEDICATION"

    async def swept() -> bool:
        async with hospital.application.database.transaction() as connection:
            query = "SELECT count(*) FROM idempotency_key WHERE key = 'old-key-1'"
            row = await (await connection.execute(query)).fetchone()
            return row == (0,)

    async def sealed() -> bool:
        async with hospital.application.database.transaction() as connection:
            behind = await lag(connection)
            return behind.seals > 0 and not behind.waiting

    stop = asyncio.Event()
    settings = Settings(database_url=hospital.application.database.conninfo, home=tmp_path)
    worker = asyncio.create_task(run_worker(settings, stop))
    try:
        await until(paid)
        await until(swept)
        await until(sealed)
    finally:
        stop.set()
        await asyncio.wait_for(worker, 30)


async def test_the_sweep_keeps_what_is_young(hospital: Hospital) -> None:
    await hospital.run(
        "registrar", "patients.register", key="young-key", name="新", gender="male", birth_date="2000-01-01"
    )
    await sweep(hospital.application)
    again = await hospital.run(
        "registrar", "patients.register", key="young-key", name="新", gender="male", birth_date="2000-01-01"
    )
    assert again.replayed
