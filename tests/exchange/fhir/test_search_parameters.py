"""SearchParameter resources over HTTP, from their creation to the CapabilityStatement and back."""

from datetime import UTC, datetime
from typing import Any

import httpx

from tests.exchange.fhir.told import told
from xinglin.operations.reindexing import finish_reindex
from xinglin.platform.database import Database

URL = "http://hospital.example/SearchParameter/guardian"
EXTENSION = "http://hospital.example/guardian"
GUARDIAN = {
    "resourceType": "SearchParameter",
    "url": URL,
    "name": "guardian",
    "status": "active",
    "description": "Who speaks for the patient",
    "code": "guardian",
    "base": ["Patient"],
    "type": "reference",
    "target": ["RelatedPerson"],
    "expression": f"Patient.extension('{EXTENSION}').value",
}


async def listed(client: httpx.AsyncClient, type: str) -> dict[str, Any]:
    (rest,) = (await client.get("metadata", headers={"Authorization": ""})).json()["rest"]
    (found,) = (each for each in rest["resource"] if each["type"] == type)
    return dict(found)


async def test_a_search_parameter_comes_and_goes(client: httpx.AsyncClient, database: Database) -> None:
    held = [{"url": EXTENSION, "valueReference": {"reference": "RelatedPerson/g"}}]
    await client.put("RelatedPerson/g", json={"resourceType": "RelatedPerson", "id": "g", "patient": {"display": "x"}})
    await client.put("Patient/a", json={"resourceType": "Patient", "id": "a", "extension": held})
    made = await client.post("SearchParameter", json=GUARDIAN)
    assert made.status_code == 201
    path = f"SearchParameter/{made.json()['id']}"
    assert "being indexed by it; try again later" in told(await client.get("Patient?guardian=g"), 400)
    (entry,) = [p for p in (await listed(client, "Patient"))["searchParam"] if p["name"] == "guardian"]
    assert (entry["definition"], entry["type"]) == (URL, "reference")
    assert entry["documentation"].startswith("Being indexed")
    lenient = await client.get("Patient?guardian=g", headers={"Prefer": "handling=lenient"})
    assert [e["search"]["mode"] for e in lenient.json()["entry"]] == ["match", "outcome"]
    await finish_reindex(database, lambda: datetime(2026, 11, 23, tzinfo=UTC), UTC)
    found = (await client.get("Patient?guardian=g&_include=Patient:guardian")).json()
    assert [e["resource"]["id"] for e in found["entry"]] == ["a", "g"]
    patient, related = await listed(client, "Patient"), await listed(client, "RelatedPerson")
    assert {"name": "guardian", "type": "reference", "definition": URL} in patient["searchParam"]
    assert "Patient:guardian" in patient["searchInclude"]
    assert "Patient:guardian" in related["searchRevInclude"]
    assert "Patient:guardian" not in (await listed(client, "Group")).get("searchRevInclude", [])
    assert (await client.delete(path)).status_code == 204
    assert "no search parameter guardian" in told(await client.get("Patient?guardian=g"), 400)
    assert "Patient:guardian" not in (await listed(client, "Patient"))["searchInclude"]


async def test_one_that_can_not_take_effect_is_refused_by_its_element(client: httpx.AsyncClient) -> None:
    for changes, element in (
        ({"code": "gender"}, "code"),
        ({"type": "special"}, "type"),
        ({"expression": "Patient.name.matches('x')"}, "expression"),
    ):
        refused = await client.post("SearchParameter", json={**GUARDIAN, **changes})
        told(refused, 422)
        assert refused.json()["issue"][0]["expression"] == [f"SearchParameter.{element}"]
        told_before = await client.post("SearchParameter/$validate", json={**GUARDIAN, **changes})
        assert told_before.json()["issue"][0]["expression"] == [f"SearchParameter.{element}"]
    assert (await client.get("SearchParameter?_summary=count")).json()["total"] == 0
