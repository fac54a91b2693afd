"""One outpatient visit, driven by HTTP from outside like any other system would: the proof that the house stands."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from xinglin.operations.hospital import PASSWORD

PATIENCE = 30.0
"""Seconds to wait for what the worker does."""

Json = dict[str, Any]


class WalkFailedError(Exception):
    """A step of the visit did not do what it should; the message says which and what came back."""


@dataclass
class Walk:
    """A visit in progress. `say` is called with each step as it is done."""

    base: str
    say: Callable[[str], None]
    clients: dict[str, httpx.Client] = field(default_factory=dict)

    def sign_in(self, login: str) -> None:
        """Opens a session for one of the demonstration accounts."""
        client = httpx.Client(base_url=f"{self.base}/api", timeout=20)
        self.clients[login] = client
        session = _good(client.post("/session", json={"login": login, "password": PASSWORD}))
        client.headers["Authorization"] = f"Bearer {session['token']}"

    def do(self, login: str, command: str, key: str | None = None, **values: Any) -> Json:
        """Runs a command and returns the resource it is about."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.clients[login].post(f"/commands/{command}", json=values, headers=headers)
        resource: Json = _good(answer)["resource"]
        return resource

    def rows(self, login: str, view: str, **values: Any) -> list[Json]:
        """Rows of a view."""
        rows: list[Json] = _good(self.clients[login].get(f"/views/{view}", params=values))["rows"]
        return rows

    def refused(self, login: str, command: str, **values: Any) -> str:
        """Runs a command that must be refused, and returns the reason."""
        answer = self.clients[login].post(f"/commands/{command}", json=values)
        if answer.status_code != 409:
            raise WalkFailedError(f"{command} should have been refused, but gave {answer.status_code}: {answer.text}")
        return str(answer.json()["issue"][0]["diagnostics"])

    def wait(self, what: str, look: Callable[[], Json | None]) -> Json:
        """Looks again and again until there is something to see."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = look()
            if found is not None:
                return found
            time.sleep(0.1)
        raise WalkFailedError(f"{what} did not happen within {PATIENCE:.0f} s; does the worker run?")

    def close(self) -> None:
        """Signs everybody out."""
        for client in self.clients.values():
            client.delete("/session")
            client.close()


def _good(answer: httpx.Response) -> Json:
    if answer.is_error:
        raise WalkFailedError(f"{answer.request.method} {answer.request.url} gave {answer.status_code}: {answer.text}")
    body: Json = answer.json()
    return body


def walk_visit(base: str, say: Callable[[str], None]) -> dict[str, str]:
    """Walks a visit through the server at `base` and returns the final states by name.

    Raises:
        WalkFailedError: a step went wrong.
    """
    walk = Walk(base, say)
    try:
        for login in ("registrar", "doctor", "pharmacist", "pharmacist2", "cashier"):
            walk.sign_in(login)
        states: dict[str, str] = {}
        for step in _steps(walk, states):
            say(step)
        return states
    finally:
        walk.close()


def _steps(walk: Walk, states: dict[str, str]) -> Iterator[str]:
    patient = walk.do(
        "registrar",
        "patients.register",
        name="王建国",
        gender="male",
        birth_date="1962-05-17",
        phone="13800000000",
        reason="演示",
    )
    reference = f"Patient/{patient['id']}"
    yield f"registered   {patient['name'][0]['text']}, record {patient['identifier'][0]['value']}"
    slot = walk.rows("registrar", "scheduling.free_slots", clinic="Schedule/cardiology")[-1]
    appointment = walk.do("registrar", "scheduling.book", patient=reference, slot=slot["key"])
    yield f"booked       {slot['clinic']}, {slot['doctor']}, {slot['time']}"
    reason = walk.refused("registrar", "scheduling.book", patient=reference, slot=slot["key"])
    yield f"refused      the same place once more: {reason}"
    walk.do("registrar", "scheduling.check_in", appointment=f"Appointment/{appointment['id']}")
    row = next(row for row in walk.rows("doctor", "outpatient.queue") if row["patient"] == reference)
    visit = row["visit"]
    yield f"checked in   number {row['number']} in the queue"
    yield from _consultation(walk, visit)
    yield from _medicine(walk, visit, reference, states)
    found = walk.wait("The end of the visit", lambda: _finished(walk, visit))
    states["visit"] = found["state"]
    states["appointment"] = next(
        row["state"] for row in walk.rows("registrar", "scheduling.appointments", patient=reference)
    )
    yield f"visit        {found['state']}"


def _consultation(walk: Walk, visit: str) -> Iterator[str]:
    reason = walk.refused("doctor", "outpatient.receive", visit=visit)
    yield f"refused      consultation before the call: {reason}"
    walk.do("doctor", "outpatient.call_in", visit=visit)
    walk.do("doctor", "outpatient.receive", visit=visit)
    yield "called in    consultation begun"
    walk.do("doctor", "outpatient.record_vitals", visit=visit, systolic=156, diastolic=94, pulse=78)
    reason = walk.refused("doctor", "outpatient.finish", visit=visit)
    yield f"refused      signing an empty record: {reason}"
    walk.do(
        "doctor",
        "outpatient.write_note",
        visit=visit,
        chief_complaint="头晕 2 周",
        present_illness="高血压病史 5 年，近 2 周家庭自测血压 148–160/90–96 mmHg，偶有头晕，无胸痛、气促。",
        examination="血压 156/94 mmHg，心率 78 次/分，律齐。",
        plan="调整降压方案，低盐饮食，4 周后复诊。",
    )
    diagnosis = walk.rows("doctor", "outpatient.diagnosis_search", text="yfxgxy")[0]
    walk.do("doctor", "outpatient.diagnose", visit=visit, code=diagnosis["code"])
    yield f"diagnosed    {diagnosis['name']} {diagnosis['code']}"
    medicine = walk.rows("doctor", "pharmacy.formulary_search", text="xst")[0]
    key = f"walk-{visit}"
    line = walk.do("doctor", "pharmacy.prescribe", key, visit=visit, medicine=medicine["key"], days=28)
    again = walk.do("doctor", "pharmacy.prescribe", key, visit=visit, medicine=medicine["key"], days=28)
    if again["id"] != line["id"]:
        raise WalkFailedError("A request that was sent twice was carried out twice")
    yield f"prescribed   {medicine['name']}: {line['dosageInstruction'][0]['text']}"
    walk.do("doctor", "outpatient.finish", visit=visit)
    yield "signed       the visit goes on to the pharmacist and the cashier"


def _medicine(walk: Walk, visit: str, patient: str, states: dict[str, str]) -> Iterator[str]:
    number = next(row for row in walk.rows("pharmacist", "pharmacy.to_review") if row["patient"] == patient)["number"]
    reason = walk.refused("pharmacist", "pharmacy.prepare", prescription=number)
    yield f"refused      medicine before payment: {reason}"
    walk.do("pharmacist", "pharmacy.review", prescription=number)
    yield f"reviewed     {number}"
    bill = next(row for row in walk.rows("cashier", "billing.open_bills", limit=500) if row["key"] == visit)
    invoice = walk.do("cashier", "billing.settle", visit=visit, total=bill["total"], method="cash", tendered="200.00")
    states["invoice"] = invoice["status"]
    yield f"paid         ¥{bill['total']} with invoice {invoice['identifier'][0]['value']}"
    walk.wait(
        "Payment at the pharmacy",
        lambda: next(
            (row for row in walk.rows("pharmacist", "pharmacy.to_dispense", limit=500) if row["number"] == number), None
        ),
    )
    walk.do("pharmacist", "pharmacy.prepare", prescription=number)
    reason = walk.refused("pharmacist", "pharmacy.dispense", prescription=number)
    yield f"refused      handing over what the same person has picked: {reason}"
    walk.do("pharmacist2", "pharmacy.dispense", prescription=number)
    row = next(row for row in walk.rows("pharmacist", "pharmacy.dispensed", limit=500) if row["number"] == number)
    states["prescription"] = row["state"]
    yield f"dispensed    {row['medicines']}"


def _finished(walk: Walk, visit: str) -> Json | None:
    rows = walk.rows("doctor", "outpatient.seen", limit=500)
    return next((row for row in rows if row["key"] == visit and row["state"] == "FINISHED"), None)
