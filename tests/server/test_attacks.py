"""Trying as an attacker: with the session of each role on another campus, at a patient who is nothing to them.

Whatever way is tried, nothing of the patient may come back: no name, no id, no hint by a count or by another message
than for a patient who does not exist.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.hospital import Hospital
from tests.server.conftest import token
from xinglin.kernel.context import Context, as_system
from xinglin.operations.hospital import PASSWORD, RULES
from xinglin.platform.identity import create_account
from xinglin.platform.identity.posts import ROLE

NAME = "慕容寻踪"
ROLES = ("doctor", "nurse", "pharmacist", "cashier", "manager", "registrar", "auditor", "administrator")
KNOWS_PATIENTS = {"registrar", "auditor"}
"""Roles that know every patient of the hospital by name, lest one be registered twice, and nothing else of them."""

KNOWN_BY = {
    *("patients.find", "patients.numbers", "patients.relatives", "patients.changes"),
    *("auditing.who_saw", "auditing.what_did"),
}
"""Views by which they know them."""


@dataclass
class Target:
    """What the attacker knows of the patient: all names of resources."""

    patient: str
    visit: str
    record: dict[str, str]

    def told_in(self, answer: httpx.Response, *, but: tuple[str, ...] = ()) -> list[str]:
        """The parts of the target that an answer holds and the question did not."""
        text = answer.text + str(answer.headers)
        secrets = [NAME, *(name for name in self.record.values()), self.patient, self.visit]
        return [secret for secret in secrets if secret in text and secret not in but]


@pytest.fixture(scope="module")
async def target(hospital: Hospital) -> Target:
    patient = await hospital.patient(NAME, phone="13912340000")
    visit, _number = await hospital.signed_prescription(patient)
    await hospital.do("doctor", "patients.record_allergy", patient=patient, allergen="penicillin")
    async with hospital.application.reading(as_system("en")) as context:
        record = {}
        for type in ("MedicationRequest", "Condition", "AllergyIntolerance", "ChargeItem", "Encounter"):
            found = await context.search(type, [("patient", patient), ("_count", "1")])
            record[type] = f"{type}/{found.resources[0]['id']}"
    return Target(patient, visit, record)


async def employed(hospital: Hospital, context: Context, number: int, role: str) -> None:
    """Makes somebody in a role on the other campus."""
    person = {"resourceType": "Practitioner", "name": [{"text": f"Mallory {role}"}]}
    held = await context.create(person, id=f"mallory-{role}")
    await context.create(
        {
            "resourceType": "PractitionerRole",
            "active": True,
            "practitioner": {"reference": f"Practitioner/{held['id']}"},
            "organization": {"reference": "Organization/department-pharmacy"},
            "location": [{"reference": "Location/campus-east"}],
            "code": [{"coding": [{"system": ROLE, "code": role}]}],
        },
        id=f"mallory-{number}",
    )
    await create_account(
        context.connection,
        login=f"mallory-{role}",
        name=f"Mallory {role}",
        password=PASSWORD,
        roles=(role,),
        practitioner=f"Practitioner/{held['id']}",
        locale="en",
        now=hospital.clock(),
        rules=RULES,
    )


@pytest.fixture(scope="module")
async def attackers(client: httpx.AsyncClient, hospital: Hospital) -> dict[str, dict[str, str]]:
    """The headers of somebody in each role on the other campus."""
    async with hospital.application.database.transaction() as connection:
        context = hospital.application.context(connection, as_system("en"))
        for number, role in enumerate(ROLES):
            await employed(hospital, context, number, role)
        await create_account(
            connection,
            login="mallory-patient",
            name="Mallory",
            password=PASSWORD,
            roles=("patient",),
            patient="Patient/somebody-else",
            kind="patient",
            locale="en",
            now=hospital.clock(),
            rules=RULES,
        )
    return {role: await token(client, f"mallory-{role}") for role in (*ROLES, "patient")}


async def integrators(client: httpx.AsyncClient) -> dict[str, str]:
    return await token(client, "integrator")


def nobody(name: str) -> str:
    """A name like this one of a resource that does not exist."""
    type, _slash, id = name.partition("/")
    return f"{type}/{id[:-1]}{'0' if id[-1] != '0' else '1'}"


EVERYBODY = pytest.mark.parametrize("role", [*ROLES, "patient"])


@EVERYBODY
async def test_by_id_it_is_as_if_nothing_were_there(
    client: httpx.AsyncClient, target: Target, attackers: dict[str, dict[str, str]], role: str
) -> None:
    headers = attackers[role]
    names = list(target.record.values())
    if role not in KNOWS_PATIENTS:
        names.append(target.patient)
    for name in names:
        for suffix in ("", "/_history", "/_history/1", "?_summary=true", "?_elements=id"):
            there = await client.get(f"/fhir/{name}{suffix}", headers=headers)
            missing = await client.get(f"/fhir/{nobody(name)}{suffix}", headers=headers)
            assert (there.status_code, missing.status_code) in {(404, 404), (403, 403)}, (name, suffix)
            assert not target.told_in(there, but=(name,)), (name, suffix)
    if role not in KNOWS_PATIENTS:
        everything = await client.get(f"/fhir/{target.patient}/$everything", headers=headers)
        assert everything.status_code == 404
        for type in ("Observation", "*"):
            there = await client.get(f"/fhir/{target.patient}/{type}", headers=headers)
            assert not target.told_in(there, but=(target.patient,))


@EVERYBODY
async def test_no_search_finds_it(
    client: httpx.AsyncClient, target: Target, attackers: dict[str, dict[str, str]], role: str
) -> None:
    headers, id = attackers[role], target.patient.partition("/")[2]
    queries = [
        f"Encounter?patient={id}",
        f"Encounter?patient={id}&_include=Encounter:patient",
        f"Encounter?patient.name={NAME}",
        f"MedicationRequest?patient={id}&_include=*",
        f"MedicationRequest?encounter.patient.name={NAME}",
        f"Condition?_has:Encounter:diagnosis:patient={id}",
        "Condition?subject:Patient.phone=13912340000&_summary=count",
        f"AllergyIntolerance?patient={id}&_total=accurate",
        "Practitioner?_id=practitioner-chen&_revinclude=Encounter:practitioner",
        f"Practitioner?_has:Encounter:practitioner:patient.name={NAME}",
        "Location?_revinclude:iterate=*&_count=3",
        f"Encounter?_filter=patient.name eq {NAME}",
        f"?_type=Encounter,Condition&patient={id}",
        "Encounter?_sort=-date&_count=50",
        f"Encounter?_content={NAME}&_count=5",
    ]
    if role not in KNOWS_PATIENTS:
        queries += [f"Patient?name={NAME}", f"Patient?_id={id}", "Patient?_count=200", "Patient?_sort=-_lastUpdated"]
    for query in queries:
        answer = await client.get(f"/fhir/{query}", headers=headers)
        assert answer.status_code in {200, 400, 403}, (query, answer.text)
        told = target.told_in(answer, but=(NAME,) if NAME in query else (target.patient,))
        shown = [name for name in told if name != NAME or '"name"' in answer.text]
        assert not shown, (query, shown)
        if answer.status_code == 200 and id in query:
            assert not answer.json().get("total"), query
            assert not answer.json().get("entry"), query


@EVERYBODY
async def test_a_guessed_page_gives_nothing_more(
    client: httpx.AsyncClient, target: Target, attackers: dict[str, dict[str, str]], role: str
) -> None:
    first = await client.get("/fhir/Encounter?_count=1&_sort=-date", headers=await integrators(client))
    following = next((link["url"] for link in first.json()["link"] if link["relation"] == "next"), "")
    cursors = [base64.urlsafe_b64encode(json.dumps([key]).encode()).decode().rstrip("=") for key in (1, 10, 1000)]
    urls = [following.partition("/fhir/")[2]] if following else []
    urls += [f"Encounter?_count=100&_cursor={cursor}" for cursor in cursors]
    for url in urls:
        answer = await client.get(f"/fhir/{url}", headers=attackers[role])
        assert answer.status_code in {200, 400}
        assert not target.told_in(answer), url


@EVERYBODY
async def test_no_export_nor_file_of_one(
    client: httpx.AsyncClient, target: Target, attackers: dict[str, dict[str, str]], role: str
) -> None:
    headers = attackers[role]
    asynchronous = {**headers, "Prefer": "respond-async"}
    for path in ("$export", "Patient/$export", "$export?_type=Patient"):
        assert (await client.get(f"/fhir/{path}", headers=asynchronous)).status_code == 403
    others = {**await integrators(client), "Prefer": "respond-async"}
    begun = await client.get("/fhir/$export?_type=Patient", headers=others)
    status = begun.headers["content-location"]
    assert (await client.get(status, headers=headers)).status_code == 403
    file = status.replace("$export-status", "$export-file") + "&name=Patient.1.ndjson"
    assert (await client.get(file, headers=headers)).status_code == 403


@EVERYBODY
async def test_no_view_shows_it(
    client: httpx.AsyncClient, hospital: Hospital, target: Target, attackers: dict[str, dict[str, str]], role: str
) -> None:
    id = target.patient
    values: dict[str, Any] = {"patient": id, "visit": target.visit, "text": NAME, "limit": 500}
    for view in hospital.application.registry.views.values():
        known = {name: value for name, value in values.items() if name in view.filter.model_fields}
        for guessed in ({}, {"cursor": "1"}):
            answer = await client.get(f"/api/views/{view.name}", params=known | guessed, headers=attackers[role])
            assert answer.status_code < 500, (view.name, answer.text)
            knows = role in KNOWS_PATIENTS and view.name in KNOWN_BY
            # What isn't there is named as it was asked for, whether it is somewhere else or nowhere.
            but = (target.visit, target.patient) if answer.status_code == httpx.codes.NOT_FOUND else ()
            if not knows:
                assert not target.told_in(answer, but=but), view.name


@EVERYBODY
async def test_no_command_reaches_it(
    client: httpx.AsyncClient, hospital: Hospital, target: Target, attackers: dict[str, dict[str, str]], role: str
) -> None:
    """Each command of the house, with the names of the target wherever it takes one."""
    names = {
        "patient": target.patient,
        "visit": target.visit,
        "invoice": target.record["ChargeItem"].replace("ChargeItem", "Invoice"),
        "line": target.record["MedicationRequest"],
        "allergy": target.record["AllergyIntolerance"],
        "reason": "only trying, for long enough",
    }
    before = await everything(hospital, target)
    for command in hospital.application.registry.commands.values():
        fields = command.input.model_fields
        given = {name: value for name, value in names.items() if name in fields}
        if not given.keys() - {"reason"}:
            continue
        answer = await client.post(f"/api/commands/{command.name}", json=given, headers=attackers[role])
        assert answer.status_code < 500, (command.name, answer.text)
        known = (NAME,) if role in KNOWS_PATIENTS and given.keys() <= {"patient", "reason"} else ()
        assert not target.told_in(answer, but=(*given.values(), *known)), command.name
    if role == "registrar":  # may correct the address of whom everybody knows
        before.pop(target.patient)
        after = await everything(hospital, target)
        after.pop(target.patient)
        assert after == before
        return
    assert await everything(hospital, target) == before


async def everything(hospital: Hospital, target: Target) -> dict[str, str]:
    async with hospital.application.reading(as_system("en")) as context:
        found = await context.read_many([target.patient, target.visit, *target.record.values()])
    return {name: resource["meta"]["versionId"] for name, resource in found.items()}


async def test_the_integrator_sees_what_the_others_did_not(client: httpx.AsyncClient, target: Target) -> None:
    """The names that were tried are those of resources that are there."""
    headers = await integrators(client)
    for name in (target.patient, target.visit, *target.record.values()):
        assert (await client.get(f"/fhir/{name}", headers=headers)).status_code == 200
    found = await client.get(f"/fhir/Encounter?patient.name={NAME}", headers=headers)
    assert found.json()["entry"]


async def test_nobody_breaks_the_glass_by_writing_a_task(client: httpx.AsyncClient, target: Target) -> None:
    task = {
        "resourceType": "Task",
        "status": "in-progress",
        "intent": "order",
        "code": {"coding": [{"system": "urn:xinglin:cs:access", "code": "break-glass"}]},
        "for": {"reference": target.patient},
        "owner": {"reference": "Practitioner/mallory-doctor"},
        "executionPeriod": {"end": "2099-01-01"},
    }
    headers = await integrators(client)
    assert (await client.post("/fhir/Task", json=task, headers=headers)).status_code == 403
    entry = {"resource": task, "request": {"method": "POST", "url": "Task"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    assert (await client.post("/fhir/", json=bundle, headers=headers)).status_code == 403
    harmless = {**task, "code": {"text": "x"}}
    made = (await client.post("/fhir/Task", json=harmless, headers=headers)).json()
    changed = {**task, "id": made["id"]}
    assert (await client.put(f"/fhir/Task/{made['id']}", json=changed, headers=headers)).status_code == 403
    patch = [{"op": "replace", "path": "/code", "value": task["code"]}]
    patched = await client.patch(
        f"/fhir/Task/{made['id']}",
        content=json.dumps(patch),
        headers={**headers, "Content-Type": "application/json-patch+json"},
    )
    assert patched.status_code == 403
    still = await client.get(f"/fhir/Task/{made['id']}", headers=headers)
    assert still.json()["meta"]["versionId"] == "1"
