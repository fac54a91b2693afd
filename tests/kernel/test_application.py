"""How a command runs: once per key, audited, all or nothing."""

import asyncio

import psycopg
import pytest

from tests.hospital import Hospital
from xinglin.fhir.outcome import BadRequest, Conflict, NotFound
from xinglin.kernel.errors import NotPermitted, Refused

PERSON = {"name": "张一", "gender": "female", "birth_date": "1980-01-01", "reason": "x"}


async def audit_rows(hospital: Hospital) -> list[tuple[object, ...]]:
    async with hospital.application.database.transaction() as connection:
        query = "SELECT account, command, outcome, entities FROM audit_event ORDER BY id"
        return list(await (await connection.execute(query)).fetchall())


async def test_a_request_sent_twice_happens_once(hospital: Hospital) -> None:
    first = await hospital.run("registrar", "patients.register", key="key-0001", **PERSON)
    second = await hospital.run("registrar", "patients.register", key="key-0001", **PERSON)
    assert (first.replayed, second.replayed) == (False, True)
    assert second.resource == first.resource
    assert second.changes == first.changes


async def test_two_at_once_with_one_key_happen_once(hospital: Hospital) -> None:
    outcomes = await asyncio.gather(
        *(hospital.run("registrar", "patients.register", key="key-0002", **PERSON) for _ in range(8))
    )
    assert len({outcome.resource["id"] for outcome in outcomes}) == 1
    assert sum(not outcome.replayed for outcome in outcomes) == 1


async def test_a_key_is_not_used_for_something_else(hospital: Hospital) -> None:
    await hospital.run("registrar", "patients.register", key="key-0003", **PERSON)
    with pytest.raises(Conflict):
        await hospital.run("registrar", "patients.register", key="key-0003", **{**PERSON, "name": "张二"})


async def test_a_key_of_a_refused_request_can_be_used_again(hospital: Hospital) -> None:
    with pytest.raises(Refused):
        future = {**PERSON, "birth_date": "2090-01-01"}
        await hospital.run("registrar", "patients.register", key="key-0004", **future)
    outcome = await hospital.run("registrar", "patients.register", key="key-0004", **PERSON)
    assert not outcome.replayed


async def test_success_and_refusal_are_audited_with_the_patient(hospital: Hospital) -> None:
    before = len(await audit_rows(hospital))
    outcome = await hospital.run("registrar", "patients.register", **PERSON)
    with pytest.raises(NotPermitted):
        await hospital.run("cashier", "patients.register", **PERSON)
    done, refused = (await audit_rows(hospital))[before:]
    assert done[1:] == ("patients.register", "success", [f"{each.type}/{each.id}" for each in outcome.changes])
    assert done[3][0] == f"Patient/{outcome.resource['id']}"
    assert refused[1:] == ("patients.register", "refused", [])
    assert {done[0], refused[0]} == {hospital.people[login].account_id for login in ("registrar", "cashier")}


async def test_a_failure_in_the_middle_leaves_nothing(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit entry cannot be written: the booking must not be either."""
    from xinglin.platform import audit

    patient = await hospital.patient("张三")
    slot = (await hospital.rows("registrar", "scheduling.free_slots"))[0]

    async def broken(connection: psycopg.AsyncConnection[object], **values: object) -> int:
        await connection.execute("SELECT 1/0")
        return 0

    monkeypatch.setattr(audit, "record", broken)
    with pytest.raises(psycopg.errors.DivisionByZero):
        await hospital.do("registrar", "scheduling.book", patient=patient, slot=slot.key)
    monkeypatch.undo()
    assert (await hospital.read(slot.key))["status"] == "free"
    assert await hospital.rows("registrar", "scheduling.appointments", patient=patient) == []


async def test_views_are_checked_and_read_only(hospital: Hospital) -> None:
    with pytest.raises(NotPermitted):
        await hospital.rows("cashier", "outpatient.queue")
    with pytest.raises(BadRequest) as error:
        await hospital.rows("registrar", "patients.find", limit=0)
    assert error.value.issues[0].expression == "limit"
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        async with hospital.application.reading(hospital.people["registrar"]) as context:
            await context.create({"resourceType": "Basic", "code": {"text": "x"}})


async def reads(hospital: Hospital, since: int) -> list[tuple[object, ...]]:
    return [row[1:] for row in (await audit_rows(hospital))[since:]]


async def test_a_view_is_on_record_with_the_patients_whom_it_shows(hospital: Hospital) -> None:
    patient = await hospital.patient("郑重")
    before = len(await audit_rows(hospital))
    assert await hospital.rows("registrar", "patients.find", text="郑重")
    assert await hospital.rows("registrar", "scheduling.free_slots")
    assert not await hospital.rows("registrar", "patients.find", text="无此人")
    with pytest.raises(NotPermitted):
        await hospital.rows("cashier", "pharmacy.lines", visit="Encounter/1")
    assert await reads(hospital, before) == [
        ("patients.find", "success", [patient]),
        ("pharmacy.lines", "refused", ["Encounter/1"]),
    ]


async def test_a_prescription_is_the_patients_although_its_rows_do_not_show_a_name(hospital: Hospital) -> None:
    patient = await hospital.patient("郑和")
    visit, _number = await hospital.signed_prescription(patient)
    before = len(await audit_rows(hospital))
    await hospital.rows("pharmacist", "pharmacy.lines", visit=visit)
    assert await reads(hospital, before) == [("pharmacy.lines", "success", [patient])]


async def test_a_repeated_request_shows_again_and_is_on_record_again(hospital: Hospital) -> None:
    before = len(await audit_rows(hospital))
    for _ in range(2):
        outcome = await hospital.run("registrar", "patients.register", key="key-0005", **PERSON)
    entry = ("patients.register", "success", [f"{each.type}/{each.id}" for each in outcome.changes])
    assert await reads(hospital, before) == [entry, entry]


async def test_a_refusal_names_what_was_asked_for(hospital: Hospital) -> None:
    patient = await hospital.patient("郑成")
    before = len(await audit_rows(hospital))
    with pytest.raises(NotPermitted):
        await hospital.do("cashier", "scheduling.book", patient=patient, slot="Slot/1")
    assert await reads(hospital, before) == [("scheduling.book", "refused", [patient, "Slot/1"])]


async def test_unknown_names_are_not_found(hospital: Hospital) -> None:
    with pytest.raises(NotFound, match=r"no\.such"):
        await hospital.run("registrar", "no.such")
    with pytest.raises(NotFound, match=r"no\.such"):
        await hospital.rows("registrar", "no.such")
