"""Required bindings of profiles that a resource claims are held against it on every way of writing, over HTTP."""

import json
from typing import Any

import httpx
import pytest

from tests.exchange.fhir.bulk.test_bulk import NDJSON, surroundings, worked
from tests.exchange.fhir.operations.test_validate_profiles import PROFILE, element
from tests.exchange.fhir.told import told
from xinglin.exchange.fhir.bulk import House

Json = dict[str, Any]
__all__ = ["surroundings"]

SYSTEM, URL = "urn:cs:marriage", "urn:profile:bound"


def value_set(*codes: str) -> Json:
    included = {"system": SYSTEM, "concept": [{"code": code} for code in codes]}
    stored = {"resourceType": "ValueSet", "id": "marriage", "url": "urn:vs:marriage", "status": "active"}
    return {**stored, "compose": {"include": [included]}}


def profile(strength: str = "required", value_set: str = "urn:vs:marriage") -> Json:
    bound = element("Patient.maritalStatus", max="1", binding={"strength": strength, "valueSet": value_set})
    made = {**PROFILE, "id": "bound", "url": URL, "differential": {"element": [bound]}}
    del made["snapshot"]
    return made


def patient(code: str, id: str | None = None) -> Json:
    return {
        "resourceType": "Patient",
        **({"id": id} if id else {}),
        "meta": {"profile": [URL]},
        "identifier": [{"system": "urn:i", "value": id or "x"}],
        "maritalStatus": {"coding": [{"system": SYSTEM, "code": code}]},
    }


@pytest.fixture
async def bound(client: httpx.AsyncClient) -> httpx.AsyncClient:
    for resource in (value_set("M", "S"), profile()):
        assert (await client.put(f"{resource['resourceType']}/{resource['id']}", json=resource)).is_success
    return client


def refused(answer: httpx.Response, place: str = "Patient.maritalStatus") -> None:
    text = told(answer, 422)
    assert "'X'" in text or '"X"' in text
    assert "is not in the value set urn:vs:marriage (required binding)" in text
    assert answer.json()["issue"][0]["expression"] == [place]


async def test_create_update_patch_and_their_conditional_forms(bound: httpx.AsyncClient) -> None:
    refused(await bound.post("Patient", json=patient("X")))
    assert (await bound.post("Patient", json=patient("M"))).status_code == 201
    refused(await bound.put("Patient/p", json=patient("X", "p")))
    assert (await bound.put("Patient/p", json=patient("S", "p"))).status_code == 201
    patch = json.dumps([{"op": "replace", "path": "/maritalStatus/coding/0/code", "value": "X"}])
    headers = {"Content-Type": "application/json-patch+json"}
    refused(await bound.patch("Patient/p", content=patch, headers=headers))
    refused(await bound.patch("Patient?_id=p", content=patch, headers=headers))
    refused(await bound.put("Patient?identifier=urn:i|p", json=patient("X", "p")))
    refused(await bound.post("Patient", json=patient("X"), headers={"If-None-Exist": "identifier=urn:i|new"}))
    assert (await bound.get("Patient?_summary=count")).json()["total"] == 2


def entry(resource: Json) -> Json:
    name = f"{resource['resourceType']}/{resource['id']}"
    return {"resource": resource, "request": {"method": "PUT", "url": name}}


async def test_transactions_and_batches(bound: httpx.AsyncClient) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [entry(patient("M", "good")), entry(patient("X", "bad"))],
    }
    refused(await bound.post("", json=bundle), "Bundle.entry[1].resource.maritalStatus")
    assert (await bound.get("Patient/good")).status_code == 404
    answered = (await bound.post("", json={**bundle, "type": "batch"})).json()
    assert [one["response"]["status"][:3] for one in answered["entry"]] == ["201", "422"]


async def test_a_value_set_that_comes_in_the_same_transaction_counts(bound: httpx.AsyncClient) -> None:
    entries = [entry(patient("X", "p")), entry(value_set("X"))]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    assert (await bound.post("", json=bundle)).status_code == 200
    bundle["entry"] = [entry(patient("X", "p")), entry(value_set("M"))]
    refused(await bound.post("", json=bundle), "Bundle.entry[0].resource.maritalStatus")
    assert (await bound.get("ValueSet/marriage")).json()["compose"] == value_set("X")["compose"]


@pytest.mark.parametrize(
    ("strength", "url"),
    [("extensible", "urn:vs:marriage"), ("required", "urn:vs:nowhere"), ("preferred", "urn:vs:marriage")],
)
async def test_what_is_not_required_or_not_known_refuses_nobody(
    bound: httpx.AsyncClient, strength: str, url: str
) -> None:
    assert (await bound.put("StructureDefinition/bound", json=profile(strength, url))).is_success
    assert (await bound.post("Patient", json=patient("X"))).status_code == 201


async def test_a_change_of_the_value_set_counts_at_once(bound: httpx.AsyncClient) -> None:
    refused(await bound.put("Patient/p", json=patient("X", "p")))
    assert (await bound.put("ValueSet/marriage", json=value_set("X"))).is_success
    assert (await bound.put("Patient/p", json=patient("X", "p"))).is_success
    assert (await bound.put("ValueSet/marriage", json=value_set("M"))).is_success
    refused(await bound.put("Patient/p", json=patient("X", "p")))
    assert (await bound.delete("ValueSet/marriage")).is_success
    assert (await bound.put("Patient/p", json=patient("X", "p"))).is_success


async def test_imports_refuse_the_line(bound: httpx.AsyncClient, surroundings: House) -> None:
    lines = [patient("M", "good"), patient("X", "bad"), {"resourceType": "Patient", "id": "plain"}]
    content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    begun = await bound.post("$import", content=content, headers=NDJSON)
    status = await worked(bound, begun, surroundings)
    assert status.status_code == 200, status.text
    found = (await bound.get("Patient?_sort=_id")).json()
    assert [one["resource"]["id"] for one in found["entry"]] == ["good", "plain"]
