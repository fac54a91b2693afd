"""Fixtures of a furnished hospital: the demonstration's own master data, a clock that tests set, and its people."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.postgres import Databases
from xinglin.exchange.events import Announcing
from xinglin.fhir.types import Resource
from xinglin.kernel.application import Application, Outcome
from xinglin.kernel.capability import Registry
from xinglin.kernel.context import as_system
from xinglin.operations.hospital import furnish
from xinglin.platform import outbox
from xinglin.platform.database import Database
from xinglin.platform.identity import Actor, at_work, find_account
from xinglin.platform.sealing import Seal
from xinglin.platform.settings import Settings

MORNING = datetime(2026, 11, 23, 7, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
REGISTRY = Registry.discover()
SECRET_KEY = "c29ubmVuc2NoZWluLXVuZC1yZWdlbi1hbS1tb3JnZW4="


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Moves on by a timedelta's arguments."""
        self.now += timedelta(**by)


@dataclass
class Hospital:
    """An application over a furnished database; `people` are the actors by login."""

    application: Application
    clock: Clock
    people: dict[str, Actor]

    async def run(self, login: str, command: str, /, key: str | None = None, **values: Any) -> Outcome:
        """Executes a command as somebody."""
        return await self.application.execute(command, values, self.people[login], key=key)

    async def do(self, login: str, command: str, /, **values: Any) -> Resource:
        """Executes a command as somebody and returns the resource it is about."""
        return (await self.run(login, command, **values)).resource

    async def rows(self, login: str, view: str, **values: Any) -> list[Any]:
        """Rows of a view as somebody."""
        return (await self.application.view(view, values, self.people[login])).rows

    async def read(self, reference: str) -> Resource:
        """A resource as it is stored."""
        async with self.application.reading(as_system("zh_CN")) as context:
            return await context.read(reference)

    async def state(self, table: str, reference: str) -> str:
        """The state of a resource in a workflow."""
        state = self.application.registry.tables[table].of(await self.read(reference))
        assert state is not None
        return state.code

    async def deliver(self) -> None:
        """Lets the worker's part happen: delivers events until none is left, and insists that none has failed."""
        # A server beside the hospital has the clock of the machine, which may be ahead of this one.
        now = max(self.clock(), datetime.now(UTC)) + timedelta(hours=1)
        while await outbox.deliver(self.application.database, Announcing(self.application).handlers(), now=now):
            pass
        async with self.application.database.transaction() as connection:
            assert (await outbox.lag(connection)).waiting == 0
            assert not await outbox.parked_events(connection)

    async def patient(self, name: str = "张三丰", **values: Any) -> str:
        """Registers a patient and returns the reference."""
        given = {"gender": "male", "birth_date": "1960-02-01", "reason": "test", **values}
        return f"Patient/{(await self.do('registrar', 'patients.register', name=name, **given))['id']}"

    async def waiting_visit(self, patient: str, clinic: str = "cardiology") -> str:
        """Books the first free place of a clinic, checks in, and returns the visit's reference."""
        slot = (await self.rows("registrar", "scheduling.free_slots", clinic=f"Schedule/{clinic}"))[0]
        booked = await self.do("registrar", "scheduling.book", patient=patient, slot=slot.key)
        await self.do("registrar", "scheduling.check_in", appointment=f"Appointment/{booked['id']}")
        return next(row.visit for row in await self.rows("doctor", "outpatient.queue") if row.patient == patient)

    async def consultation(self, patient: str) -> str:
        """Brings a patient before the doctor and returns the visit's reference."""
        visit = await self.waiting_visit(patient)
        await self.do("doctor", "outpatient.call_in", visit=visit)
        await self.do("doctor", "outpatient.receive", visit=visit)
        return visit

    async def write_record(self, visit: str) -> None:
        """Writes what a visit needs before it can be signed."""
        await self.write_note_only(visit)
        await self.do("doctor", "outpatient.diagnose", visit=visit, code="I10")

    async def write_note_only(self, visit: str) -> None:
        """Writes the record of a visit without a diagnosis."""
        await self.do(
            "doctor", "outpatient.write_note", visit=visit, chief_complaint="头晕 2 周", present_illness="无胸痛。"
        )

    async def signed_prescription(self, patient: str, medicine: str = "amlodipine-5") -> tuple[str, str]:
        """A finished consultation with one medicine: the visit and the prescription's number."""
        visit = await self.consultation(patient)
        await self.write_record(visit)
        line = await self.do("doctor", "pharmacy.prescribe", visit=visit, medicine=medicine, days=28)
        await self.do("doctor", "outpatient.finish", visit=visit)
        issued = await self.read(f"MedicationRequest/{line['id']}")
        return visit, issued["groupIdentifier"]["value"]

    async def pay(self, visit: str, method: str = "qr") -> Resource:
        """Settles what a visit owes."""
        row = next(row for row in await self.rows("cashier", "billing.open_bills") if row.key == visit)
        return await self.do("cashier", "billing.settle", visit=visit, total=row.total, method=method)


@pytest.fixture(scope="session")
async def furnished_template(empty_databases: Databases, migrated_template: str) -> str:
    """Name of a database that holds the demonstration hospital on `MORNING`."""
    database = Database(empty_databases.create(migrated_template), min_size=1, application="tests")
    name = empty_databases.made[-1]
    await database.open()
    await furnish(Application(REGISTRY, database, clock=Clock(MORNING)))
    await database.close()
    return name


@pytest.fixture(scope="module")
async def hospital(empty_databases: Databases, furnished_template: str) -> AsyncIterator[Hospital]:
    """A furnished hospital of this test module alone, at half past seven in the morning."""
    database = Database(empty_databases.create(furnished_template), min_size=1, max_size=24, application="tests")
    await database.open()
    clock = Clock(MORNING)
    settings = Settings(secret_key=SECRET_KEY)
    application = Application(REGISTRY, database, clock=clock, seal=Seal(settings), settings=settings)
    logins = (
        "registrar",
        "registrar2",
        "nurse",
        "doctor",
        "doctor2",
        "doctor3",
        "head",
        "cashier",
        "accountant",
        "pharmacist",
        "pharmacist2",
        "manager",
        "auditor",
        "administrator",
        "integrator",
        "technician",
        "technician2",
        "radiographer",
        "radiologist",
        "radiologist2",
        "records",
        "records2",
    )
    async with database.transaction() as connection:
        accounts = {login: await find_account(connection, login) for login in logins}
        people = {login: await at_work(connection, one, MORNING) for login, one in accounts.items() if one}
    yield Hospital(application, clock, people)
    await database.close()
