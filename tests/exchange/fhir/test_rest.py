"""FHIR over HTTP, through the ASGI interface and a real database."""

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.exchange.fhir.told import told
from xinglin.fhir import xml
from xinglin.fhir.validation import validate
from xinglin.store.repository import Repository

JSON = {"Content-Type": "application/fhir+json"}


async def test_a_resource_from_its_creation_to_its_deletion(client: httpx.AsyncClient) -> None:
    made = await client.post("Patient", json={"resourceType": "Patient", "gender": "male"})
    assert made.status_code == 201
    patient = made.json()
    name = f"Patient/{patient['id']}"
    assert made.headers["location"] == f"http://hospital/fhir/{name}/_history/1"
    assert made.headers["etag"] == 'W/"1"'
    assert made.headers["last-modified"].endswith("GMT")

    read = await client.get(name)
    assert (read.json(), read.headers["etag"]) == (patient, 'W/"1"')
    assert (await client.get(name, headers={"If-None-Match": 'W/"1"'})).status_code == 304

    changed = await client.put(name, json={**patient, "gender": "female"}, headers={"If-Match": 'W/"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, 'W/"2"')
    told(await client.put(name, json=patient, headers={"If-Match": 'W/"1"'}), 412)
    told(await client.put(name, json=patient, headers={"If-Match": "yesterday"}), 400)
    told(await client.put("Patient/other", json=patient), 400)
    assert (await client.get(f"{name}/_history/1")).json() == patient
    told(await client.get(f"{name}/_history/9"), 404)
    told(await client.get(f"{name}/_history/x"), 404)

    assert (await client.delete(name)).status_code == 204
    told(await client.get(name), 410)
    history = (await client.get(f"{name}/_history")).json()
    assert validate(history) == []
    assert [entry["request"]["method"] for entry in history["entry"]] == ["DELETE", "PUT", "POST"]
    assert [entry.get("resource", {}).get("gender") for entry in history["entry"]] == [None, "female", "male"]
    again = await client.put(name, json=patient)
    assert (again.status_code, again.headers["etag"]) == (201, 'W/"4"')


async def test_numbers_come_out_as_they_went_in(client: httpx.AsyncClient) -> None:
    body = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'
    made = await client.post("Observation", content=body, headers=JSON)
    assert b'"value":1.50' in made.content
    assert b'"value":1.50' in (await client.get(f"Observation/{made.json()['id']}")).content
    assert b'"value":1.50' in (await client.get("Observation")).content


async def test_conditional_create_and_preferences(client: httpx.AsyncClient) -> None:
    body = {"resourceType": "Patient", "identifier": [{"system": "urn:s", "value": "7"}]}
    first = await client.post("Patient", json=body, headers={"If-None-Exist": "identifier=urn:s|7"})
    second = await client.post("Patient", json=body, headers={"If-None-Exist": "identifier=urn:s|7"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    minimal = await client.post("Patient", json=body, headers={"Prefer": "return=minimal"})
    assert (minimal.status_code, minimal.content) == (201, b"")
    assert "is stored" in told(
        await client.post("Patient", json=body, headers={"Prefer": "return=OperationOutcome"}), 201
    )


async def test_search_by_get_and_post_with_links(client: httpx.AsyncClient) -> None:
    for family in ("Li", "Liu", "Wang", "Lin"):
        await client.post("Patient", json={"resourceType": "Patient", "name": [{"family": family}]})
    page = (
        await client.get("Patient", params={"name": "li", "_sort": "-name", "_count": "2", "_total": "accurate"})
    ).json()
    assert validate(page) == []
    assert page["total"] == 3
    assert [e["resource"]["name"][0]["family"] for e in page["entry"]] == ["Liu", "Lin"]
    assert page["entry"][0]["fullUrl"] == f"http://hospital/fhir/Patient/{page['entry'][0]['resource']['id']}"
    links = {link["relation"]: link["url"] for link in page["link"]}
    assert urlsplit(links["next"]).path == "/fhir/Patient"
    last = (await client.get(links["next"])).json()
    assert [e["resource"]["name"][0]["family"] for e in last["entry"]] == ["Li"]
    assert [link["relation"] for link in last["link"]] == ["self"]
    posted = (await client.post("Patient/_search?_count=2", data={"name": "li"})).json()
    assert len(posted["entry"]) == 2
    assert "_count" in told(await client.get("Patient?_count=x"), 400)
    assert "accepted are" in told(await client.get("Patient?foo=1"), 400)
    told(await client.post("Patient/_search", json={}), 415)


async def test_includes_are_marked(client: httpx.AsyncClient) -> None:
    patient = (await client.post("Patient", json={"resourceType": "Patient"})).json()
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    await client.post("Observation", json={**observation, "subject": {"reference": f"Patient/{patient['id']}"}})
    page = (await client.get("Observation?_include=Observation:subject")).json()
    assert [e["search"]["mode"] for e in page["entry"]] == ["match", "include"]


async def test_bundles(client: httpx.AsyncClient) -> None:
    good = {"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}}
    bad = {"resource": {"resourceType": "Patient", "gender": "x"}, "request": {"method": "POST", "url": "Patient"}}
    refused = await client.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [good, bad]})
    told(refused, 422)
    assert refused.json()["issue"][0]["expression"] == ["Bundle.entry[1].resource.gender"]
    assert (await client.get("Patient?_count=0")).json()["total"] == 0
    done = (await client.post("", json={"resourceType": "Bundle", "type": "batch", "entry": [bad, good, good]})).json()
    assert validate(done) == []
    assert [e["response"]["status"] for e in done["entry"]] == [
        "422 Unprocessable Entity",
        "201 Created",
        "201 Created",
    ]
    assert done["entry"][0]["response"]["outcome"]["issue"][0]["expression"] == ["Bundle.entry[0].resource.gender"]
    assert (await client.get("Patient?_count=0")).json()["total"] == 2
    stored = (await client.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [good]})).json()
    assert stored["type"] == "transaction-response"
    told(await client.post("", json={"resourceType": "Bundle", "type": "collection"}), 400)


async def test_what_can_not_be_understood_is_told(client: httpx.AsyncClient) -> None:
    assert "not JSON" in told(await client.post("Patient", content=b"{", headers=JSON), 400)
    assert "JSON object" in told(await client.post("Patient", content=b"[]", headers=JSON), 400)
    told(await client.post("Patient", json={"resourceType": "Group"}), 400)
    assert "foo" in told(await client.post("Patient", json={"resourceType": "Patient", "foo": 1}), 422)
    told(await client.post("Patient", content=b"<Patient/>", headers={"Content-Type": "text/turtle"}), 415)
    told(await client.get("Patient", headers={"Accept": "text/turtle"}), 406)
    told(await client.get("Patient?_format=ttl"), 406)
    assert (await client.get("Patient?_format=json", headers={"Accept": "text/turtle"})).status_code == 200
    told(await client.get("Foo"), 404)
    told(await client.get("Patient/none"), 404)
    told(await client.get("Patient/a%00b"), 404)
    told(await client.get("a/b/c/d/e"), 404)
    told(await client.post("Patient/1", json={}), 405)
    told(await client.patch("Patient/1", json={}), 415)
    told(await client.post("Patient", content=b"x" * 100_001, headers=JSON), 413)


async def test_who_may_do_what(client: httpx.AsyncClient) -> None:
    nobody: dict[str, Any] = {"headers": {"Authorization": ""}}
    client.headers.pop("Authorization")
    refused = await client.get("Patient")
    told(refused, 401)
    assert refused.headers["www-authenticate"] == "Bearer"
    told(await client.get("Patient", **nobody), 403)
    reader = {"Authorization": "fhir.read"}
    assert (await client.get("Patient", headers=reader)).status_code == 200
    told(await client.post("Patient", json={"resourceType": "Patient"}, headers=reader), 403)
    assert (await client.get("metadata")).status_code == 200


SAMPLES = {
    "composite": "x$x",
    "date": "2026",
    "number": "1",
    "quantity": "1",
    "reference": "1",
    "string": "x",
    "token": "x",
    "uri": "x",
    "code-value-date": "x$2026",
    "code-value-quantity": "x$1",
    "combo-code-value-quantity": "x$1",
    "component-code-value-quantity": "x$1",
}


async def test_the_capability_statement_tells_what_works(client: httpx.AsyncClient) -> None:
    statement = (await client.get("metadata")).json()
    assert validate(statement) == []
    listed = {r["type"]: r for r in statement["rest"][0]["resource"]}
    assert len(listed) == 146
    assert {"name": "birthdate", "type": "date"} in listed["Patient"]["searchParam"]
    assert "Observation:subject" in listed["Patient"]["searchRevInclude"]
    rest = statement["rest"][0]
    assert {p["name"] for p in rest["searchParam"]} == {"_content", "_filter", "_has", "_list", "_text", "_type"}
    assert [url.rpartition("/")[2] for url in rest["compartment"]] == [
        *("device", "encounter", "patient", "practitioner", "relatedPerson")
    ]
    assert ":iterate" in rest["documentation"]
    for parameter in listed["Observation"]["searchParam"]:
        value = SAMPLES.get(parameter["name"]) or SAMPLES[parameter["type"]]
        response = await client.get("Observation", params={parameter["name"]: value})
        assert response.status_code == 200, (parameter, response.text)


async def test_an_unforeseen_fault_is_logged_and_not_told(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(Repository, "read_raw", fail)
    text = told(await client.get("Patient/1"), 500)
    assert "secret" not in text
    assert "secret" in caplog.text


async def test_links_lead_on_in_the_format_that_was_asked_for(client: httpx.AsyncClient) -> None:
    for family in ("Li", "Liu"):
        await client.post("Patient", json={"resourceType": "Patient", "name": [{"family": family}]})
    for path in ("Patient", "_history"):
        page = (
            await client.get(f"{path}?_count=1&_format=json&_pretty=true", headers={"Accept": "text/turtle"})
        ).json()
        following = await client.get(next(link["url"] for link in page["link"] if link["relation"] == "next"))
        assert following.headers["content-type"].startswith("application/fhir+json")
        assert b'\n  "resourceType": "Bundle"' in following.content
        first = xml.loads((await client.get(f"{path}?_count=1&_format=xml")).content)
        url = next(link["url"] for link in first["link"] if link["relation"] == "next")
        assert len(xml.loads((await client.get(url)).content)["entry"]) == 1
