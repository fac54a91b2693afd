"""The pages that a doctor opens a hundred times a day: the list of those who wait, and the chart of one of them."""

import asyncio
import time
from urllib.parse import urlencode, urlsplit

import httpx

from bench.outpatient.place import Place
from bench.report import Row
from xinglin.fhir import build
from xinglin.kernel.context import Context, as_system
from xinglin.operations.hospital import PASSWORD
from xinglin.platform.identity import at_work, find_account
from xinglin.server.app import create_application
from xinglin.synthetic.hospital import Worker
from xinglin.web.sessions import SESSION

WAITING = 300
RESOURCES = 500
TURNS = 200


async def measure(base: str, place: Place) -> list[Row]:
    """First bytes of both pages, one request after another; the last doctor has seen nobody yet."""
    doctor = place.staff["doctor"][-1]
    visit = await fill(place, doctor)
    async with httpx.AsyncClient(base_url=base, timeout=30) as client:
        answer = await client.post("/api/session", json={"login": doctor.id, "password": PASSWORD})
        token = answer.raise_for_status().json()["token"]
        head = {"Authorization": f"Bearer {token}"}
        for command in ("outpatient.call_in", "outpatient.receive"):
            (await client.post(f"/api/commands/{command}", json={"visit": visit}, headers=head)).raise_for_status()
    worklist = await first_bytes(base, "/doctor", token)
    chart = await first_bytes(base, f"/doctor?{urlencode({'visit': visit})}", token)
    timeline = await first_bytes(base, f"/doctor?{urlencode({'visit': visit, 'tab': 'timeline'})}", token)
    return [
        Row("worklist_p95_ms", worklist, "ms", 100, at_most=True),
        Row("chart_p95_ms", chart, "ms", 200, at_most=True),
        Row("chart_timeline_p95_ms", timeline, "ms", 200, at_most=True),
    ]


async def first_bytes(base: str, path: str, token: str) -> float:
    """The 95th percentile in ms until the first byte of a page."""
    address = urlsplit(base)
    request = f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {SESSION}={token}\r\nConnection: close\r\n\r\n"
    taken = []
    for _ in range(TURNS):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        begun = time.perf_counter()
        writer.write(request.encode())
        first = await reader.readexactly(12)
        taken.append(time.perf_counter() - begun)
        await reader.read()
        writer.close()
        if not first.endswith(b"200"):
            raise RuntimeError(f"{path}: {first.decode()}")
    return sorted(taken)[len(taken) * 95 // 100] * 1000


async def fill(place: Place, doctor: Worker) -> str:
    """Lets 300 wait for a doctor, the first of whom has 500 resources; returns that one's visit."""
    application = create_application(place.settings, "bench")
    await application.database.open()
    visits = []
    try:
        clerk = next(each for each in place.staff["registrar"] if each.campus == doctor.campus)
        for patient in place.patients[:WAITING]:
            async with application.database.transaction() as connection:
                account = await find_account(connection, clerk.id)
                assert account is not None
                actor = await at_work(connection, account, application.clock())
                context = application.context(connection, actor, step="bench")
                visits.append(await _waiting(context, patient, doctor))
        async with application.database.transaction() as connection:
            context = application.context(connection, as_system("zh_CN"), step="bench")
            await _thicken(context, place.patients[0])
    finally:
        await application.database.close()
    return visits[0]


async def _waiting(context: Context, patient: str, doctor: Worker) -> str:
    who = [{"actor": {"reference": each}, "status": "accepted"} for each in (patient, f"Practitioner/{doctor.id}")]
    times = {"start": build.instant(context.now), "end": build.instant(context.now)}
    appointment = await context.create(
        {"resourceType": "Appointment", "status": "arrived", "participant": who, **times}
    )
    name = f"Appointment/{appointment['id']}"
    visit = await context.call(
        "outpatient.register_visit",
        patient=patient,
        appointment=name,
        practitioner=f"Practitioner/{doctor.id}",
        clinic="门诊",
        start=context.now,
    )
    await context.call("outpatient.join_queue", appointment=name)
    return f"Encounter/{visit['id']}"


async def _thicken(context: Context, patient: str) -> None:
    """Adds findings until the patient's record has 500 resources."""
    query = "SELECT count(*) FROM resource WHERE content::text LIKE %s"
    row = await (await context.connection.execute(query, (f'%"{patient}"%',))).fetchone()
    assert row is not None
    for number in range(max(0, RESOURCES - row[0])):
        await context.create(
            {
                "resourceType": "Observation",
                "status": "final",
                "category": [build.concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory")],
                "code": {"text": f"检验 {number % 40}"},
                "subject": {"reference": patient},
                "effectiveDateTime": build.instant(context.now),
                "valueQuantity": build.quantity(5 + number % 7, "mmol/L", "mmol/L"),
            }
        )
