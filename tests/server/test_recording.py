"""Whatever FHIR REST and the screens show, or refuse, is on record when the answer is there."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.hospital import Hospital
from tests.server.conftest import token
from xinglin.kernel.application import Application
from xinglin.operations.hospital import PASSWORD
from xinglin.server.recording import patients_shown

Row = tuple[str, str, list[str], str, str | None]


class Record:
    """What has come to the audit since the last look."""

    def __init__(self, hospital: Hospital, application: Application) -> None:
        self._hospital = hospital
        self._application = application
        self._last = 0

    async def new(self) -> list[Row]:
        """Action, command, entities, outcome and detail of the new rows."""
        await self._application.recorder.flush()
        async with self._hospital.application.database.transaction() as connection:
            query = "SELECT id, action, command, entities, outcome, detail FROM audit_event WHERE id > %s ORDER BY id"
            rows = await (await connection.execute(query, (self._last,))).fetchall()
        self._last = rows[-1][0] if rows else self._last
        return [row[1:] for row in rows]


@pytest.fixture
async def record(hospital: Hospital, client: httpx.AsyncClient, application: Application) -> Record:
    made = Record(hospital, application)
    await made.new()
    return made


@pytest.fixture
async def integrator(client: httpx.AsyncClient) -> dict[str, str]:
    return await token(client, "integrator")


@pytest.fixture
async def patient(hospital: Hospital) -> str:
    return await hospital.patient("秦越人")


async def observed(client: httpx.AsyncClient, headers: dict[str, str], patient: str) -> str:
    body = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "subject": {"reference": patient}}
    made = await client.post("/fhir/Observation", json=body, headers=headers)
    assert made.status_code == 201
    return f"Observation/{made.json()['id']}"


async def test_reads_and_searches_name_the_patients_whom_they_show(
    client: httpx.AsyncClient, integrator: dict[str, str], patient: str, record: Record
) -> None:
    observation = await observed(client, integrator, patient)
    assert await record.new() == [("write", "fhir.post", [observation, patient], "success", None)]
    got: dict[str, list[Row]] = {}
    for path in (
        patient, observation, f"Observation?_id={observation[12:]}", f"{observation}/_history/1", "Patient?name=秦越人",
        f"Patient/{patient[8:]}/Observation", f"{patient}/_history", f"{patient}/$everything", f"{patient}?_format=xml",
        "Practitioner/practitioner-chen",
    ):  # fmt: skip
        assert (await client.get(f"/fhir/{path}", headers=integrator)).status_code == 200
        got[path] = await record.new()
    assert [len(rows) for rows in got.values()] == [1] * len(got)
    for path, ((action, command, entities, outcome, _detail),) in got.items():
        assert (action, command, outcome) == ("read", "fhir.get", "success")
        assert (patient in entities) == ("Practitioner" not in path), path
    assert got[f"{patient}/$everything"][0][2:] == ([patient], "success", "$everything")
    assert got[f"{observation}/_history/1"][0][2:] == ([observation, patient], "success", "_history/1")


async def test_what_is_refused_or_not_there_is_on_record(
    client: httpx.AsyncClient, integrator: dict[str, str], record: Record
) -> None:
    doctor = await token(client, "doctor")
    await record.new()
    assert (await client.get("/fhir/Patient/1", headers=doctor)).status_code == 404
    assert (await client.get("/fhir/Patient/none", headers=integrator)).status_code == 404
    assert (await client.get("/fhir/Patient?no=1", headers=integrator)).status_code == 400
    assert (
        await client.put("/fhir/Patient/x", json={"resourceType": "Patient"}, headers=integrator)
    ).status_code == 400
    assert (await client.get("/fhir/Patient/1")).status_code == 401  # a stranger sees nothing and leaves nothing
    assert await record.new() == [
        ("read", "fhir.get", ["Patient/1"], "refused", "404"),
        ("read", "fhir.get", ["Patient/none"], "refused", "404"),
        ("read", "fhir.get", ["Patient"], "refused", "400"),
    ]


async def test_what_a_batch_reads_is_a_read(
    client: httpx.AsyncClient, integrator: dict[str, str], patient: str, record: Record
) -> None:
    observation = await observed(client, integrator, patient)
    await record.new()
    new = {"resourceType": "Patient", "gender": "female"}
    entries: list[dict[str, Any]] = [
        {"request": {"method": "GET", "url": patient}},
        {"request": {"method": "GET", "url": f"Observation?_id={observation[12:]}"}},
        {"resource": new, "request": {"method": "POST", "url": "Patient"}},
    ]
    for accept in ("application/fhir+json", "application/fhir+xml"):
        bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
        headers = {**integrator, "Accept": accept}
        assert (await client.post("/fhir/", json=bundle, headers=headers)).status_code == 200
        write, read = await record.new()
        assert write[:2] == ("write", "fhir.post")
        assert len(write[2]) == 1
        assert read == ("read", "fhir.post", [patient], "success", None)


async def test_changes_name_the_resource_and_the_patient(
    client: httpx.AsyncClient, integrator: dict[str, str], patient: str, record: Record
) -> None:
    observation = await observed(client, integrator, patient)
    await record.new()
    change = [{"op": "add", "path": "/issued", "value": "2026-03-02T08:00:00Z"}]
    headers = {**integrator, "Content-Type": "application/json-patch+json"}
    assert (await client.patch(f"/fhir/{observation}", content=json.dumps(change), headers=headers)).status_code == 200
    assert (await client.delete(f"/fhir/{observation}", headers=integrator)).status_code == 204
    assert await record.new() == [
        ("write", "fhir.patch", [observation, patient], "success", None),
        ("write", "fhir.delete", [observation], "success", None),
    ]


async def test_signing_in_and_out_also_refused(client: httpx.AsyncClient, record: Record) -> None:
    wrong = await client.post("/api/session", json={"login": "cashier", "password": "wrong-one-1"})
    assert wrong.status_code == 401
    headers = await token(client, "cashier")
    await client.delete("/api/session", headers=headers)
    assert await record.new() == [
        ("sign-in", "session.open", [], "refused", "401"),
        ("sign-in", "session.open", [], "success", None),
        ("sign-out", "session.close", [], "success", None),
    ]


@asynccontextmanager
async def window(client: httpx.AsyncClient, login: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who has signed in by the form."""
    async with httpx.AsyncClient(transport=client._transport, base_url="http://hospital") as opened:
        door = (await opened.get("/signin")).text
        found = re.search(r'name="_csrf" value="([^"]*)"', door)
        assert found is not None
        data = {"login": login, "password": PASSWORD, "_csrf": found[1]}
        assert (await opened.post("/signin", data=data)).status_code == 303
        yield opened


async def test_screens_lists_files_and_options(
    client: httpx.AsyncClient, hospital: Hospital, patient: str, record: Record
) -> None:
    async with window(client, "registrar") as opened:
        await record.new()
        for path, name in (
            ("/registration?text=秦越人", "scheduling.desk"),
            ("/list/patients.find?text=秦越人", "patients.find"),
            ("/list/patients.find.csv?text=秦越人", "patients.find.csv"),
            ("/options/patients.find?text=秦越人", "patients.find"),
        ):
            assert (await opened.get(path)).status_code == 200, path
            ((action, command, entities, outcome, _detail),) = await record.new()
            assert (action, command, outcome) == ("read", name, "success")
            assert patient in entities
        live = {"X-Live": "1"}
        await opened.get("/registration?text=秦越人", headers=live)
        assert (await opened.get("/badges")).status_code == 200
        assert await record.new() == []  # the same patients, a moment later; numbers
        newcomer = await hospital.patient("秦越人")
        await record.new()
        await opened.get("/registration?text=秦越人", headers=live)
        assert await record.new() == [("read", "scheduling.desk", [newcomer], "success", None)]
        assert (await opened.get("/cashier?visit=Encounter/1")).status_code == 403
        assert await record.new() == [("read", "billing.cashier", ["Encounter/1"], "refused", "NotPermitted")]


async def test_a_wrong_password_at_the_screens_is_on_record(client: httpx.AsyncClient, record: Record) -> None:
    async with httpx.AsyncClient(transport=client._transport, base_url="http://hospital") as opened:
        found = re.search(r'name="_csrf" value="([^"]*)"', (await opened.get("/signin")).text)
        assert found is not None
        data = {"login": "pharmacist", "password": "wrong-one-1", "_csrf": found[1]}
        assert (await opened.post("/signin", data=data)).status_code == 401
    assert await record.new() == [("sign-in", "session.open", [], "refused", "401")]


def test_patients_in_texts() -> None:
    body = b'{"subject":{"reference":"Patient/a-1"},"url":"http://h/fhir/Patient/b.2/_history/1","x":"Patient/"}'
    assert patients_shown(body, resources=False) == {"Patient/a-1", "Patient/b.2"}
    whole = b'{"resourceType": "Patient", "id": "c"}<Patient xmlns="http://hl7.org/fhir"><id value="d"/>'
    assert patients_shown(whole, resources=False) == set()
    assert patients_shown(whole, resources=True) == {"Patient/c", "Patient/d"}
