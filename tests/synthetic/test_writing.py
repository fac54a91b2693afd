"""A hospital in a database."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.hospital import REGISTRY, SECRET_KEY, Clock, Hospital
from tests.postgres import Databases
from xinglin.fhir import build, json
from xinglin.fhir.outcome import Conflict
from xinglin.kernel.application import Application
from xinglin.ledger.books import Books
from xinglin.operations.hospital import furnish
from xinglin.platform.database import Database
from xinglin.platform.identity import at_work, find_account
from xinglin.platform.sealing import Seal
from xinglin.platform.settings import Settings
from xinglin.store.repository import Repository
from xinglin.synthetic import writing
from xinglin.synthetic.catalogue.medicines import formulary
from xinglin.synthetic.hospital import ZONE
from xinglin.synthetic.making import batches, resources
from xinglin.synthetic.masters import masters
from xinglin.synthetic.plan import Plan

NOW = datetime(2026, 11, 2, 1, tzinfo=UTC)
PLAN = Plan(seed=2, patients=230, beds=60, days=20, duplicates=0.05)


def clock() -> datetime:
    return NOW


async def test_a_hospital_is_written_once_and_as_it_was_made(database: Database, tmp_path: Path) -> None:
    made = [*masters(PLAN), *(r for batch in batches(PLAN) for r in resources(PLAN, batch))]
    said: list[str] = []
    report = tmp_path / "truth.csv"
    assert await writing.write_hospital(PLAN, database.transaction, clock, said.append, report=report) == len(made)
    assert any("230 of 230 patients" in line for line in said)
    assert report.read_text().startswith("second,first,mistakes\ns2-d")
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW)
        for resource in made[:: len(made) // 40]:
            stored = await repository.read(resource["resourceType"], resource["id"])
            stored.pop("meta")
            assert stored == json.loads(json.dumps(resource))
        found = await repository.search("Encounter", "_summary=count")
        assert found.total == sum(resource["resourceType"] == "Encounter" for resource in made)
        books = Books(connection, now=NOW)
        assert list((await books.holdings(["stock:window:amlodipine-5"])).values()) == [writing.STOCK]
        assert not await books.faults()
    assert await writing.write_hospital(PLAN, database.transaction, clock, said.append) == 0


async def test_another_hospital_is_refused(database: Database) -> None:
    with pytest.raises(Conflict, match=r"made with seed=2 .* this one is seed=3 "):
        await writing.write_hospital(Plan(seed=3), database.transaction, clock, lambda _: None)


async def test_a_hospital_with_real_people_is_refused(hospital: Hospital) -> None:
    with pytest.raises(Conflict, match=r"of type P.* not synthetic"):
        await writing.write_hospital(PLAN, hospital.application.database.transaction, clock, lambda _: None)


async def test_what_was_interrupted_is_finished(
    empty_databases: Databases, migrated_template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(empty_databases.create(migrated_template), min_size=1, max_size=4, application="tests")
    await database.open()

    class Killed(Exception):
        """What ends the making."""

    def told(text: str) -> None:
        if text.startswith("100 of"):
            raise Killed

    with pytest.raises(Killed):
        await writing.write_hospital(PLAN, database.transaction, clock, told)
    rest = await writing.write_hospital(PLAN, database.transaction, clock, lambda _: None)
    batched = [sum(1 for _ in resources(PLAN, batch)) for batch in batches(PLAN)]
    assert rest == sum(batched[1:])
    async with database.transaction() as connection:
        found = await Repository(connection, now=NOW).search("Coverage", "_summary=count")
    people = (r for batch in batches(PLAN) for r in resources(PLAN, batch))
    assert found.total == sum(resource["resourceType"] == "Coverage" for resource in people)
    await database.close()


async def test_pharmacy_and_doctor_find_their_catalogues(database: Database) -> None:
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW)
        for code in list(formulary())[::20]:
            assert build.concept_text((await repository.read("Medication", code))["code"])
            assert (await repository.read("ChargeItemDefinition", code))["status"] == "active"
        assert await repository.read("CodeSystem", "diagnoses")
        assert await repository.read("CodeSystem", "formulary")


async def test_the_house_works_in_it(database: Database) -> None:
    """The demonstration's people, added to it, walk a visit with its formulary, prices and stock."""
    clock = Clock(datetime(2026, 11, 2, 8, tzinfo=ZONE))
    settings = Settings(secret_key=SECRET_KEY)
    application = Application(REGISTRY, database, clock=clock, seal=Seal(settings), settings=settings)
    await furnish(application)
    people = {}
    async with database.transaction() as connection:
        for login in ("registrar", "doctor", "cashier", "pharmacist", "administrator"):
            account = await find_account(connection, login)
            assert account is not None
            people[login] = await at_work(connection, account, clock.now)
    house = Hospital(application, clock, people)
    _, number = await house.signed_prescription(await house.patient(), "rivaroxaban-20")
    await house.do("pharmacist", "pharmacy.review", prescription=number)
    clinics = await house.rows("registrar", "scheduling.clinics", limit=100)
    assert {"产科", "儿科"} <= {row.name for row in clinics}
    assert "M06.900" in {row.code for row in await house.rows("doctor", "outpatient.diagnosis_search", text="类风湿")}
    assert "风湿免疫科" in {
        row.name for row in await house.rows("administrator", "administration.departments", limit=100)
    }
    who = (await house.read(f"Patient/{PLAN.id('p', 3)}"))["name"][0]["text"]
    found = await house.rows("registrar", "patients.find", text=who)
    assert f"Patient/{PLAN.id('p', 3)}" in {row.key for row in found}
