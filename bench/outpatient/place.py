"""The synthetic hospital with accounts for some of its staff, and clinics that hold places all day."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import psycopg

from xinglin.kernel.application import Application
from xinglin.kernel.context import as_system
from xinglin.operations.hospital import PASSWORD, RULES
from xinglin.platform.database import Database
from xinglin.platform.identity import create_account
from xinglin.platform.migrations import migrate
from xinglin.platform.settings import Settings
from xinglin.server.app import create_application
from xinglin.synthetic.hospital import Worker, hospital
from xinglin.synthetic.plan import Plan
from xinglin.synthetic.writing import write_hospital

ROOT = Path(__file__).resolve().parents[2]
STAFF = {"doctor": 18, "registrar": 3, "cashier": 3, "pharmacist": 4}
"""How many of each role get an account at each campus; doctors are those with a clinic."""

MORNING = 8


@dataclass(frozen=True)
class Place:
    """A hospital that can be worked in."""

    settings: Settings
    staff: dict[str, list[Worker]]
    """Who has an account, by role; the login is the id."""
    patients: list[str]


def morning_zone(now: datetime) -> str:
    """A time zone in which the day has just begun. (Names of the `Etc` area have the sign turned round.)"""
    ahead = (MORNING - now.hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def furnish(conninfo: str, home: Path, patients: int) -> Place:
    """Writes the hospital until yesterday, makes the accounts, and gives out today's places."""
    now = datetime.now(UTC)
    zone = morning_zone(now)
    settings = Settings(
        database_url=conninfo,
        frontend=ROOT / "node_modules",
        home=home,
        timezone=zone,
        password_days=0,
        log_level="ERROR",
    )
    return asyncio.run(_furnish(settings, Plan(patients=patients, until=now.date() - timedelta(days=1))))


async def _furnish(settings: Settings, plan: Plan) -> Place:
    conninfo = str(settings.database_url)
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        await migrate(connection)
    database = Database(conninfo, min_size=1, max_size=2, application="bench")
    await database.open()
    await write_hospital(plan, database.transaction, lambda: datetime.now(UTC), print)
    await database.close()
    application = create_application(settings, "bench")
    await application.database.open()
    try:
        chosen = _chosen(hospital(plan).staff)
        for worker in (each for team in chosen.values() for each in team):
            await _account(application, worker)
        await _publish(application, [str(each.clinic) for each in chosen["doctor"]])
        async with application.reading(as_system("zh_CN")) as context:
            query = "SELECT id FROM resource WHERE type = 'Patient' ORDER BY id"
            rows = await (await context.connection.execute(query)).fetchall()
    finally:
        await application.database.close()
    return Place(settings, chosen, [f"Patient/{row[0]}" for row in rows])


def _chosen(staff: Iterable[Worker]) -> dict[str, list[Worker]]:
    """One doctor of each clinic after another, so that all departments work; of others the first ones."""
    found: dict[str, list[Worker]] = {role: [] for role in STAFF}
    for worker in sorted(staff, key=lambda each: each.number % 7):
        if worker.role not in STAFF or (worker.role == "doctor" and not worker.clinic):
            continue
        if sum(each.campus == worker.campus for each in found[worker.role]) < STAFF[worker.role]:
            found[worker.role].append(worker)
    return found


async def _account(application: Application, worker: Worker) -> None:
    async with application.database.transaction() as connection:
        await create_account(
            connection,
            login=worker.id,
            name=worker.name,
            password=PASSWORD,
            roles=(worker.role,),
            practitioner=f"Practitioner/{worker.id}",
            locale="zh_CN",
            now=application.clock(),
            rules=RULES,
        )


async def _publish(application: Application, clinics: Iterable[str]) -> None:
    """Places of five minutes from now until midnight."""
    now = application.local_time()
    today: date = now.date()
    for clinic in clinics:
        values = {"schedule": f"Schedule/{clinic}", "day": today, "begin": time(now.hour, 0), "end": time(23, 55)}
        await application.execute("scheduling.publish", {**values, "minutes": 5}, as_system("zh_CN"))
