"""$validate against profiles that are stored like any other resource."""

from typing import Any

import httpx
import pytest

from tests.exchange.fhir.told import told


def element(path: str, **more: Any) -> dict[str, Any]:
    return {
        "id": path,
        "path": path,
        "definition": "x",
        "min": 0,
        "max": "*",
        "base": {"path": path, "min": 0, "max": "*"},
        **more,
    }


PROFILE: dict[str, Any] = {
    "resourceType": "StructureDefinition",
    "id": "with-birth",
    "url": "urn:profile:with-birth",
    "name": "WithBirth",
    "status": "active",
    "kind": "resource",
    "abstract": False,
    "type": "Patient",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
    "derivation": "constraint",
    "snapshot": {
        "element": [
            element("Patient"),
            element("Patient.gender", min=1, max="1", type=[{"code": "code"}]),
            element("Patient.birthDate", min=1, max="1", type=[{"code": "date"}]),
        ]
    },
}


async def found(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    real = [item for item in answer.json()["issue"] if item["code"] != "informational"]
    return [f"{item['severity']} {item.get('expression', ['-'])[0]}" for item in real]


async def test_the_profile_that_is_named_or_claimed_is_applied(client: httpx.AsyncClient) -> None:
    stored = await client.put("StructureDefinition/with-birth", json=PROFILE)
    assert stored.status_code == 201, stored.text
    patient = {"resourceType": "Patient", "gender": "male"}
    url = PROFILE["url"]
    assert await found(await client.post("Patient/$validate", json=patient)) == []
    missing = await found(await client.post(f"Patient/$validate?profile={url}", json=patient))
    assert missing in (["error Patient.birthDate"], ["error Patient"])
    claimed = {**patient, "meta": {"profile": [url]}}
    assert await found(await client.post("Patient/$validate", json=claimed)) == missing
    whole = {**claimed, "birthDate": "1968-03-12"}
    assert await found(await client.post("Patient/$validate", json=whole)) == []


async def test_a_profile_that_nobody_knows(client: httpx.AsyncClient) -> None:
    patient = {"resourceType": "Patient", "meta": {"profile": ["urn:profile:none"]}}
    assert await found(await client.post("Patient/$validate", json=patient)) == ["warning Patient"]
    asked = await client.post("Patient/$validate?profile=urn:profile:none", json={"resourceType": "Patient"})
    assert await found(asked) == ["error Patient"]


async def test_a_profile_with_a_differential_alone(client: httpx.AsyncClient) -> None:
    bare = {**PROFILE, "id": "bare", "url": "urn:profile:bare"}
    del bare["snapshot"]
    with_element = {**bare, "differential": {"element": [element("Patient.active", min=1, max="1")]}}
    assert (await client.put("StructureDefinition/bare", json=with_element)).status_code == 201
    answer = await client.post("Patient/$validate?profile=urn:profile:bare", json={"resourceType": "Patient"})
    assert await found(answer) == ["error Patient.active"]
    faulty = {**bare, "differential": {"element": [element("Patient.nickname")]}}
    assert (await client.put("StructureDefinition/bare", json=faulty)).status_code == 200
    answer = await client.post("Patient/$validate?profile=urn:profile:bare", json={"resourceType": "Patient"})
    assert "Patient.nickname" in told(answer, 422)


@pytest.mark.parametrize(
    ("strength", "value_set", "code", "expected"),
    [
        ("required", "urn:vs:marriage", "M", []),
        ("required", "urn:vs:marriage", "X", ["error Patient.maritalStatus"]),
        ("extensible", "urn:vs:marriage", "X", ["warning Patient.maritalStatus"]),
        ("preferred", "urn:vs:marriage", "X", []),
        ("required", "urn:vs:nowhere", "X", []),
        ("required", "urn:vs:unknown-system", "X", []),
    ],
)
async def test_bindings_are_decided_by_terminology(
    client: httpx.AsyncClient, strength: str, value_set: str, code: str, expected: list[str]
) -> None:
    included = {"system": "urn:cs:marriage", "concept": [{"code": "M"}, {"code": "S"}]}
    stored = {"resourceType": "ValueSet", "status": "active"}
    marriage = {**stored, "id": "marriage", "url": "urn:vs:marriage", "compose": {"include": [included]}}
    unknown = {
        **stored,
        "id": "lost",
        "url": "urn:vs:unknown-system",
        "compose": {"include": [{"system": "urn:cs:no"}]},
    }
    for resource in (marriage, unknown):
        assert (await client.put(f"ValueSet/{resource['id']}", json=resource)).is_success
    bound = element("Patient.maritalStatus", max="1", binding={"strength": strength, "valueSet": value_set})
    profile = {**PROFILE, "id": "bound", "url": "urn:profile:bound", "differential": {"element": [bound]}}
    del profile["snapshot"]
    assert (await client.put("StructureDefinition/bound", json=profile)).is_success
    patient = {"resourceType": "Patient", "maritalStatus": {"coding": [{"system": "urn:cs:marriage", "code": code}]}}
    asked = await client.post("Patient/$validate?profile=urn:profile:bound", json=patient)
    assert await found(asked) == expected


async def test_targets_in_the_store_are_held_to_target_profiles(client: httpx.AsyncClient) -> None:
    named = {**PROFILE, "id": "named", "url": "urn:profile:named", "type": "Organization"}
    named["baseDefinition"] = "http://hl7.org/fhir/StructureDefinition/Organization"
    del named["snapshot"]
    named["differential"] = {"element": [element("Organization.alias", min=1, max="*")]}
    target = [{"code": "Reference", "targetProfile": ["urn:profile:named"]}]
    claiming = {**PROFILE, "id": "managed", "url": "urn:profile:managed"}
    del claiming["snapshot"]
    claiming["differential"] = {"element": [element("Patient.managingOrganization", max="1", type=target)]}
    for resource in (
        named,
        claiming,
        {"resourceType": "Organization", "id": "good", "name": "a", "alias": ["b"]},
        {"resourceType": "Organization", "id": "bad", "name": "a"},
    ):
        stored = await client.put(f"{resource['resourceType']}/{resource['id']}", json=resource)
        assert stored.status_code == 201, stored.text

    async def of(reference: str) -> list[str]:
        patient = {"resourceType": "Patient", "managingOrganization": {"reference": reference}}
        return await found(await client.post("Patient/$validate?profile=urn:profile:managed", json=patient))

    place = "Patient.managingOrganization"
    assert await of("Organization/good") == await of("http://hospital/fhir/Organization/good") == []
    assert await of("Organization/bad") == await of("Organization/bad/_history/1") == [f"error {place}"]
    assert await of("Organization/none") == [f"warning {place}"]
    assert await of("http://elsewhere/Organization/good") == [f"warning {place}"]
