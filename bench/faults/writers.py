"""Clients that write while everything is being killed, and note what they were told is done."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import httpx

from xinglin.operations.hospital import PASSWORD

HOT = 6
"""Patients whom all writers change."""

Json = dict[str, Any]
Way: TypeAlias = Callable[["Writer"], Awaitable[None]]
"""How a writer writes once."""


def patient(text: str) -> Json:
    """A patient."""
    return {"resourceType": "Patient", "active": True, "name": [{"text": text}]}


def observation(name: str, value: int) -> Json:
    """A measured value."""
    quantity = {"value": value, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
    code = {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}
    subject = {"reference": f"Patient/{name}"}
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": code,
        "subject": subject,
        "valueQuantity": quantity,
    }


class Refused(Exception):
    """The house did not do what was asked, or nobody knows."""


class Writer:
    """One client, who writes by FHIR or by commands. `done` are (type, id, version) that it was told are written."""

    def __init__(self, client: httpx.AsyncClient, ways: list[Way], number: int, seed: int) -> None:
        self._client = client
        self._ways = ways
        self._random = random.Random(f"{seed} writer {number}")
        self._number = number
        self._count = 0
        self.done: list[tuple[str, str, int]] = []

    async def write(self, stop: asyncio.Event, busy: Callable[[], bool]) -> None:
        """Writes by one way or another until it is told to stop; pauses while others have enough to do."""
        while not stop.is_set():
            if busy():
                await asyncio.sleep(0.1)
                continue
            self._count += 1
            try:
                await self._random.choice(self._ways)(self)
            except (Refused, httpx.HTTPError):
                await asyncio.sleep(0.1)

    async def ask(self, method: str, path: str, body: Json | None = None, **more: Any) -> Json:
        """The answer to a request. Raises `Refused` where it is no success, `httpx.HTTPError` where there is none."""
        answer = await self._client.request(method, path, json=body, **more)
        if not answer.is_success:
            raise Refused(answer.text)
        content: Json = answer.json() if answer.content else {}
        return content

    async def create(self) -> None:
        """A new patient."""
        self._note(await self.ask("POST", "/fhir/Patient", patient(f"新{self._number}-{self._count}")))

    async def update(self) -> None:
        """A new version of a patient whom others change too."""
        id = self._hot()
        self._note(await self.ask("PUT", f"/fhir/Patient/{id}", {**patient(f"改{self._count}"), "id": id}))

    async def remove(self) -> None:
        """A deletion, which nobody is told of, between versions of which they are."""
        await self.ask("DELETE", f"/fhir/Patient/{self._hot()}")

    async def bundle(self) -> None:
        """A transaction: a new patient, a change of another one, and two measured values."""
        id = self._hot()
        entries = [
            ("POST", "Patient", patient(f"束{self._count}")),
            ("PUT", f"Patient/{id}", {**patient(f"束{self._count}"), "id": id}),
            *(("POST", "Observation", observation(id, self._random.randint(90, 180))) for _ in range(2)),
        ]
        bundle = {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [
                {"resource": resource, "request": {"method": method, "url": url}} for method, url, resource in entries
            ],
        }
        answer = await self.ask("POST", "/fhir", bundle)
        for entry in answer["entry"]:
            type, id, _, version = entry["response"]["location"].split("/")[-4:]
            self.done.append((type, id, int(version)))

    async def command(self, name: str, **values: Any) -> Json:
        """Runs a command and gives the resource that it is about."""
        answer = await self.ask("POST", f"/api/commands/{name}", values)
        for change in answer["changes"]:
            self.done.append((change["type"], change["id"], change["version"]))
        resource: Json = answer["resource"]
        return resource

    def _hot(self) -> str:
        return f"hot-{self._random.randrange(HOT)}"

    def _note(self, resource: Json) -> None:
        self.done.append((resource["resourceType"], resource["id"], int(resource["meta"]["versionId"])))


def settling(visit: str) -> Way:
    """The way of a cashier: charges a visit, settles what is open and gives the money back; two events come of it."""

    async def settle(writer: Writer) -> None:
        await writer.command("billing.charge", visit=visit, item="consultation", service="ServiceRequest/1")
        bills = await writer.ask("GET", "/api/views/billing.open_bills", params={"limit": 500})
        total = next((row["total"] for row in bills["rows"] if row["key"] == visit), None)
        if total is not None:
            invoice = await writer.command("billing.settle", visit=visit, total=total, method="qr")
            await writer.command("billing.refund", invoice=f"Invoice/{invoice['id']}", reason="trial")

    return settle


FHIR: list[Way] = [
    *[Writer.create] * 2,
    *[Writer.update] * 4,
    *[Writer.bundle] * 2,
    Writer.remove,
]
"""The ways of other systems, as often as they come."""


@asynccontextmanager
async def signed_in(base: str, login: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a session, which outlives the server."""
    async with httpx.AsyncClient(base_url=base, timeout=20) as client:
        answer = await client.post("/api/session", json={"login": login, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['token']}"
        yield client
