"""Searches for contained resources over HTTP."""

from typing import Any

import httpx

CODE = "http://hospital.example/drugs"
BASE = "http://hospital/fhir"


def prescription(*codes: str) -> dict[str, Any]:
    inside = [
        {
            "resourceType": "Medication",
            "id": f"c{number}",
            "code": {"coding": [{"system": CODE, "code": code}]},
            "status": "active",
        }
        for number, code in enumerate(codes)
    ]
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
        "contained": inside,
        "medicationReference": {"reference": "#c0"},
        "supportingInformation": [{"reference": f"#{each['id']}"} for each in inside],
    }


async def put(client: httpx.AsyncClient) -> None:
    for id, codes in (("one", ("a", "b")), ("two", ("a",)), ("three", ("c",))):
        written = await client.put(f"MedicationRequest/{id}", json={**prescription(*codes), "id": id})
        assert written.status_code == 201
    stored = {"resourceType": "Medication", "id": "a", "code": {"coding": [{"system": CODE, "code": "a"}]}}
    assert (await client.put("Medication/a", json=stored)).status_code == 201


async def found(client: httpx.AsyncClient, query: str) -> list[dict[str, Any]]:
    """The entries of all pages."""
    entries: list[dict[str, Any]] = []
    url: str | None = f"Medication?{query}"
    while url is not None:
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        entries += page.get("entry", [])
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
    return entries


async def test_containers_come_once_as_matches(client: httpx.AsyncClient) -> None:
    await put(client)
    entries = await found(client, f"code={CODE}|a,{CODE}|b&_contained=true&_count=1")
    assert [entry["fullUrl"] for entry in entries] == [f"{BASE}/MedicationRequest/{id}" for id in ("one", "two")]
    assert [entry["search"]["mode"] for entry in entries] == ["match", "match"]
    assert entries[0]["resource"]["contained"][1]["code"]["coding"][0]["code"] == "b"
    assert [entry["fullUrl"] for entry in await found(client, "code=a")] == [f"{BASE}/Medication/a"]


async def test_contained_resources_have_the_address_of_their_container(client: httpx.AsyncClient) -> None:
    await put(client)
    query = "code=a,b&_contained=both&_containedType=contained&_sort=-code&_count=2&_total=accurate"
    entries = await found(client, query)
    names = [entry["fullUrl"].removeprefix(BASE) for entry in entries]
    assert names[0] == "/MedicationRequest/one#c1"
    assert sorted(names[1:]) == ["/Medication/a", "/MedicationRequest/one#c0", "/MedicationRequest/two#c0"]
    assert (await client.get(f"Medication?{query}")).json()["total"] == 4
    assert entries[0]["resource"] == prescription("a", "b")["contained"][1]
    counted = await client.get("Medication?code=a,b&_contained=both&_summary=count")
    assert counted.json()["total"] == 3  # two containers, one that is stored


async def test_cut_to_elements_and_as_xml(client: httpx.AsyncClient) -> None:
    await put(client)
    (entry,) = await found(client, "code=c&_contained=true&_containedType=contained&_elements=status")
    tag = entry["resource"].pop("meta")["tag"][0]["code"]
    assert (tag, entry["resource"]) == ("SUBSETTED", {"resourceType": "Medication", "id": "c0", "status": "active"})
    assert entry["fullUrl"] == f"{BASE}/MedicationRequest/three#c0"
    (entry,) = await found(client, "code=c&_contained=true&_elements=MedicationRequest.subject")
    assert "contained" not in entry["resource"]
    assert entry["resource"]["subject"] == {"reference": "Patient/p"}
    answer = await client.get("Medication?code=c&_contained=true&_containedType=contained&_format=xml")
    assert f'<fullUrl value="{BASE}/MedicationRequest/three#c0"/>' in answer.text


async def test_refused_with_what_is_accepted(client: httpx.AsyncClient) -> None:
    for query, text in (
        ("_contained=yes", "accepted are false, true, both"),
        ("_contained=true&_containedType=all", "accepted are container, contained"),
        ("_contained=true&_revinclude=MedicationRequest:medication", "not supported with _include and _revinclude"),
        ("_contained=true&_cursor=x", "The cursor is not one that this search gave"),
    ):
        refused = await client.get(f"Medication?{query}")
        assert refused.status_code == 400
        assert text in refused.json()["issue"][0]["diagnostics"]


async def test_the_capability_statement_tells_of_it(client: httpx.AsyncClient) -> None:
    (rest,) = (await client.get("metadata")).json()["rest"]
    assert "`_contained` is false, true or both, `_containedType` container or contained" in rest["documentation"]
