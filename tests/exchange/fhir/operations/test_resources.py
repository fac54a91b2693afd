"""The operations on resources, over HTTP: validate, meta, everything, expunge."""

from typing import Any

import httpx
import pytest

from tests.exchange.fhir.told import told
from xinglin.fhir.validation import validate

EXPUNGER = {"Authorization": "fhir.expunge"}


async def issues(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    assert validate(response.json()) == []
    return [i.get("expression", [""])[0] for i in response.json()["issue"] if i["severity"] == "error"]


async def test_validate_tells_every_issue_and_stores_nothing(client: httpx.AsyncClient) -> None:
    bad = {"resourceType": "Patient", "gender": "x", "foo": 1}
    assert await issues(await client.post("Patient/$validate", json=bad)) == ["Patient.gender", "Patient.foo"]
    assert await issues(await client.post("Patient/$validate", json={"resourceType": "Patient"})) == []
    wrapped = {
        "resourceType": "Parameters",
        "parameter": [{"name": "resource", "resource": {"resourceType": "Patient"}}],
    }
    assert await issues(await client.post("Patient/$validate?mode=update", json=wrapped)) == ["Patient.id"]
    assert await issues(await client.post("Group/$validate", json=bad)) == ["Resource"]
    assert (await client.get("Patient?_count=0")).json()["total"] == 0
    await client.put("Patient/a", json={"resourceType": "Patient", "id": "a"})
    assert await issues(await client.get("Patient/a/$validate")) == []
    assert await issues(await client.post("Patient/a/$validate", json={"resourceType": "Patient", "id": "b"})) == [
        "Patient.id"
    ]
    assert await issues(await client.get("Patient/a/$validate?mode=delete")) == []
    told(await client.get("Patient/none/$validate?mode=delete"), 404)
    assert "accepted are" in told(await client.get("Patient/a/$validate?mode=x"), 400)
    assert "resource is missing" in told(await client.get("Patient/$validate"), 400)


async def test_meta(client: httpx.AsyncClient) -> None:
    await client.put("Patient/a", json={"resourceType": "Patient", "id": "a", "meta": {"tag": [{"code": "x"}]}})

    async def meta(name: str, **given: Any) -> dict[str, Any]:
        body = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": given}]}
        response = await client.post(f"Patient/a/${name}", json=body)
        assert response.status_code == 200, response.text
        assert validate(response.json()) == []
        found: dict[str, Any] = response.json()["parameter"][0]["valueMeta"]
        return found

    added = await meta("meta-add", tag=[{"code": "x", "display": "X"}, {"code": "y"}], profile=["http://p"])
    assert (added["tag"], added["profile"], added["versionId"]) == ([{"code": "x"}, {"code": "y"}], ["http://p"], "2")
    assert (await meta("meta-add", tag=[{"code": "y"}]))["versionId"] == "2"
    assert len((await client.get("Patient?_id=a&_count=1")).json()["entry"]) == 1
    taken = await meta("meta-delete", tag=[{"code": "x"}, {"code": "z"}], profile=["http://p"])
    assert (taken["tag"], "profile" in taken, taken["versionId"]) == ([{"code": "y"}], False, "3")
    read = await client.get("Patient/a/$meta")
    assert read.json()["parameter"][0]["valueMeta"] == taken
    told(await client.get("Patient/a/$meta-add"), 405)
    told(await client.post("Patient/a/$meta-add", json={"resourceType": "Parameters"}), 400)
    told(await client.get("Patient/none/$meta"), 404)


@pytest.fixture
async def record(client: httpx.AsyncClient) -> httpx.AsyncClient:
    def to(name: str) -> dict[str, str]:
        return {"reference": name}

    status = {"status": "final", "code": {"text": "x"}}
    encounter = {"status": "finished", "class": {"code": "AMB"}}
    mine = {"subject": to("Patient/me")}
    resources: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "me", "generalPractitioner": [to("Practitioner/doc")]},
        {"resourceType": "Patient", "id": "other"},
        {"resourceType": "Practitioner", "id": "doc"},
        {"resourceType": "Organization", "id": "org", "name": "x"},
        {"resourceType": "Encounter", "id": "e", **encounter, **mine, "serviceProvider": to("Organization/org")},
        *({"resourceType": "Observation", "id": f"o{n}", **status, **mine} for n in range(5)),
        {"resourceType": "Observation", "id": "theirs", **status, "subject": to("Patient/other")},
        {"resourceType": "Observation", "id": "derived", **status, **mine, "derivedFrom": [to("Observation/theirs")]},
    ]
    for resource in resources:
        assert (await client.put(f"{resource['resourceType']}/{resource['id']}", json=resource)).status_code == 201
    return client


async def test_everything_page_by_page(record: httpx.AsyncClient) -> None:
    url, matches, included = "Patient/me/$everything?_count=3", [], set()
    for _ in range(10):
        page = (await record.get(url)).json()
        assert validate(page) == []
        for entry in page.get("entry", ()):
            name = entry["fullUrl"].rpartition("fhir/")[2]
            matches.append(name) if entry["search"]["mode"] == "match" else included.add(name)
        links = {link["relation"]: link["url"] for link in page["link"]}
        if "next" not in links:
            break
        url = links["next"]
    assert matches == ["Patient/me", "Encounter/e", *(f"Observation/o{n}" for n in range(5)), "Observation/derived"]
    assert included == {"Practitioner/doc", "Organization/org"}, "another patient's observation is not needed"


async def test_everything_limited(record: httpx.AsyncClient) -> None:
    async def names(query: str) -> list[str]:
        page = (await record.get(f"Patient/me/$everything?{query}")).json()
        return [entry["fullUrl"].rpartition("fhir/")[2] for entry in page.get("entry", ())]

    assert await names("_type=Encounter") == ["Encounter/e"]
    assert await names("_type=Encounter,Organization") == ["Encounter/e", "Organization/org"]
    updated = (await record.get("Observation/derived")).json()["meta"]["lastUpdated"]
    assert await names(f"_since={updated}") == ["Patient/me", "Observation/derived", "Practitioner/doc"]
    told(await record.get("Patient/me/$everything?_type=Foo"), 400)
    told(await record.get("Patient/me/$everything?_since=x"), 400)
    told(await record.get("Patient/none/$everything"), 404)


async def test_expunge(client: httpx.AsyncClient) -> None:
    for gender in ("male", "female", "other"):
        await client.put("Patient/a", json={"resourceType": "Patient", "id": "a", "gender": gender})
    previous = "Patient/a/$expunge?expungePreviousVersions=true"
    told(await client.post(previous), 403)
    told(await client.get(previous, headers=EXPUNGER), 405)
    done = await client.post(previous, headers=EXPUNGER)
    assert done.json()["parameter"] == [{"name": "count", "valueInteger": 2}]
    assert len((await client.get("Patient/a/_history")).json()["entry"]) == 1
    told(await client.get("Patient/a/_history/1"), 404)
    deleted = "Patient/a/$expunge?expungeDeletedResources=true"
    assert "delete it first" in told(await client.post(deleted, headers=EXPUNGER), 409)
    await client.delete("Patient/a")
    done = await client.post("Patient/$expunge?expungeDeletedResources=true&limit=5", headers=EXPUNGER)
    assert done.json()["parameter"] == [{"name": "count", "valueInteger": 2}]
    told(await client.get("Patient/a"), 404)
    told(await client.get("Patient/a/_history"), 404)
    for path in (
        "Patient/a/$expunge",
        "Patient/$expunge?expungePreviousVersions=true",
        f"{previous}&expungeDeletedResources=true",
    ):
        told(await client.post(path, headers=EXPUNGER), 400)


async def test_a_code_system_that_begins_anew_is_indexed_anew(client: httpx.AsyncClient) -> None:
    system = {"resourceType": "CodeSystem", "id": "s", "url": "urn:s", "status": "active", "content": "complete"}
    for display in ("old", "new"):
        await client.put("CodeSystem/s", json={**system, "concept": [{"code": "A", "display": display}]})
        found = await client.get("CodeSystem/$lookup?system=urn:s&code=A")
        assert {"name": "display", "valueString": display} in found.json()["parameter"]
        await client.delete("CodeSystem/s")
        await client.post("CodeSystem/s/$expunge?expungeDeletedResources=true", headers=EXPUNGER)


async def test_reindex(client: httpx.AsyncClient) -> None:
    await client.put("Patient/a", json={"resourceType": "Patient", "id": "a"})
    told(await client.get("Patient/$reindex"), 405)
    begun = await client.post("Patient/$reindex")
    number = begun.json()["parameter"][0]["valueInteger"]
    runs = (await client.get("$reindex-status")).json()
    assert validate(runs) == []
    latest = {part["name"]: next(v for k, v in part.items() if k != "name") for part in runs["parameter"][-1]["part"]}
    assert (latest["number"], latest["type"], latest["done"], "finished" in latest) == (number, "Patient", 0, False)
