"""Who saw this patient, and what did this person do."""

from datetime import timedelta
from typing import Any

import pytest

from tests.hospital import Hospital
from xinglin.capabilities.auditing.words import title_of
from xinglin.fhir.outcome import BadRequest
from xinglin.kernel.errors import NotPermitted
from xinglin.platform import audit
from xinglin.platform.audit import EVERYBODY, Entry


def account(hospital: Hospital, login: str) -> str:
    return f"account:{hospital.people[login].account_id}"


async def last(hospital: Hospital) -> tuple[Any, ...]:
    async with hospital.application.database.transaction() as connection:
        query = "SELECT account, command, entities, outcome FROM audit_event ORDER BY id DESC LIMIT 1"
        row = await (await connection.execute(query)).fetchone()
        assert row is not None
        return tuple(row)


async def test_who_saw_a_patient(hospital: Hospital) -> None:
    patient = await hospital.patient("扁鹊")
    await hospital.rows("registrar2", "patients.find", text="扁鹊")
    with pytest.raises(NotPermitted):
        await hospital.do("cashier", "scheduling.book", patient=patient, slot="Slot/1")
    rows = await hospital.rows("auditor", "auditing.who_saw", patient=patient)
    assert [(row.person, row.what, row.action, row.outcome) for row in rows] == [
        ("孙晓梅", "挂号", "command", "refused"),
        ("吴倩", "患者", "read", "success"),
        ("李敏", "登记患者", "command", "success"),
    ]
    assert rows[0].roles == "收费"
    assert rows[0].at == "2026-11-23 07:30:00"
    # To look is on record as well.
    auditor = hospital.people["auditor"].account_id
    assert await last(hospital) == (auditor, "auditing.who_saw", [patient], "success")
    again = await hospital.rows("auditor", "auditing.who_saw", patient=patient)
    assert (again[0].person, again[0].what) == ("何静", "谁查看过该患者")


async def test_what_somebody_did_with_whom(hospital: Hospital) -> None:
    patients = [await hospital.patient(f"淳于意{number}") for number in range(5)]
    await hospital.rows("registrar2", "patients.find", text="淳于意")
    rows = await hospital.rows("auditor", "auditing.what_did", account=account(hospital, "registrar2"))
    assert rows[0].what == "患者"
    assert rows[0].patients.endswith("等，另 2 人")
    assert rows[0].patients.count("淳于意") == 3
    _account, command, entities, _outcome = await last(hospital)
    assert command == "auditing.what_did"
    assert account(hospital, "registrar2") in entities
    assert set(rows[0].shown) <= set(entities) & set(patients)


async def test_a_look_that_finds_nothing_is_on_record(hospital: Hospital) -> None:
    assert await hospital.rows("auditor", "auditing.what_did", account="account:nobody") == []
    assert (await last(hospital))[1:] == ("auditing.what_did", ["account:nobody"], "success")


async def test_periods_are_days_of_the_hospital_and_pages_do_not_overlap(hospital: Hospital) -> None:
    patient = await hospital.patient("华佗")
    today = hospital.clock().date()
    midnight = hospital.clock().replace(hour=0, minute=0)
    async with hospital.application.database.transaction() as connection:
        for hours in (-25, -24, -1, 0, 1, 23, 24):
            for _ in range(2):
                entry = Entry(None, "read", "x.y", (patient,), "success", midnight + timedelta(hours=hours))
                await audit.write(connection, entry)

    async def times(**values: Any) -> list[str]:
        rows = await hospital.rows("auditor", "auditing.who_saw", patient=patient, **values)
        return [row.at[5:13] for row in rows if row.what == "x.y"]

    day = ["11-23 23", "11-23 23", "11-23 01", "11-23 01", "11-23 00", "11-23 00"]
    assert await times(since=today, until=today) == day
    assert len(await times(since=today)) == 8
    assert len(await times(until=today - timedelta(days=1))) == 6
    found: list[str] = []
    cursor = None
    auditor = hospital.people["auditor"]
    while True:
        values = {"patient": patient, "since": today, "until": today, "limit": 2, "cursor": cursor}
        page = await hospital.application.view("auditing.who_saw", values, auditor)
        found += [row.key for row in page.rows]
        cursor = page.next
        if cursor is None:
            break
    # The looks themselves come on top; whoever reads on from a cursor does not meet them.
    assert len(found) == len(set(found))
    assert len(found) >= 7
    for bad in ("x", "2026-01-01~1", "2026-01-01T00:00:00+08:00~x", "~"):
        with pytest.raises(BadRequest):
            await hospital.rows("auditor", "auditing.who_saw", patient=patient, cursor=bad)


async def test_what_showed_everybody_showed_this_patient(hospital: Hospital) -> None:
    patient = await hospital.patient("孙思邈")
    async with hospital.application.database.transaction() as connection:
        entry = Entry(None, "read", "fhir.get", ("$export-file", EVERYBODY), "success", hospital.clock())
        await audit.write(connection, entry)
    rows = await hospital.rows("auditor", "auditing.who_saw", patient=patient)
    assert "FHIR：读取与检索 · $export-file · 全部患者" in [row.what for row in rows]


async def test_staff_are_found_by_name_and_login(hospital: Hospital) -> None:
    for text in ("何静", "AUDIT"):
        (row,) = await hospital.rows("auditor", "auditing.people", text=text)
        assert (row.key, row.login) == (account(hospital, "auditor"), "auditor")
    assert await hospital.rows("auditor", "auditing.people", text="%") == []


@pytest.mark.parametrize("login", ["doctor", "manager", "registrar"])
async def test_only_auditors_read_the_record(hospital: Hospital, login: str) -> None:
    with pytest.raises(NotPermitted):
        await hospital.rows(login, "auditing.who_saw", patient="Patient/1")
    assert (await last(hospital))[1:] == ("auditing.who_saw", ["Patient/1"], "refused")


def test_titles_are_those_of_what_is_offered(hospital: Hospital) -> None:
    registry = hospital.application.registry
    assert title_of(registry, "patients.find.csv") == "患者（导出文件）"
    assert title_of(registry, "outpatient.doctor") == "医生"
    assert title_of(registry, "session.open") == "登录"
    assert title_of(registry, "gone.since") == "gone.since"
