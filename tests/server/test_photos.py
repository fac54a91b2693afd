"""Photos of patients: for whoever may see the patient, and nobody else."""

import re

import httpx

from tests.capabilities.patients.test_records import png
from tests.hospital import Hospital
from xinglin.kernel.context import as_system
from xinglin.operations.hospital import PASSWORD


async def enter(client: httpx.AsyncClient, login: str) -> None:
    client.cookies.clear()
    form = re.search(r'name="_csrf" value="([^"]*)"', (await client.get("/signin")).text)
    assert form is not None
    answer = await client.post("/signin", data={"_csrf": form[1], "login": login, "password": PASSWORD})
    assert answer.status_code == 303


async def test_a_photo_goes_to_whoever_may_see_the_patient(client: httpx.AsyncClient, hospital: Hospital) -> None:
    patient, bare = await hospital.patient("贵宾"), await hospital.patient("无照")
    await hospital.do("registrar", "patients.set_photo", patient=patient, photo=png(24, 32))
    address = f"/photo/{patient.partition('/')[2]}"
    assert (await client.get(address)).status_code == 303
    await enter(client, "doctor2")
    answer = await client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.content.startswith(b"\x89PNG")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await client.get(f"/photo/{bare.partition('/')[2]}")).status_code == 404
    assert (await client.get("/photo/nobody")).status_code == 404
    async with hospital.application.database.transaction() as connection:
        context = hospital.application.context(connection, as_system("en"))
        held = await context.read(patient)
        label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "CEL"}
        await context.update({**held, "meta": {**held["meta"], "security": [label]}})
    assert (await client.get(address)).status_code == 404
    await enter(client, "registrar")
    assert (await client.get(address)).status_code == 200
    await enter(client, "administrator")
    assert (await client.get(address)).status_code == 403
