"""The interactions that read versions and change by conditions, over HTTP."""

import asyncio
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
import pytest

from tests.exchange.fhir.told import told
from xinglin.exchange.fhir import rest
from xinglin.fhir.validation import validate
from xinglin.store.repository import Repository

PATCH = {"Content-Type": "application/json-patch+json"}
SEVEN = {"resourceType": "Patient", "identifier": [{"system": "urn:s", "value": "7"}]}
PERSON = {"resourceType": "Patient", "gender": "male", "birthDate": "1980-01-01"}
BY_SEVEN = "Patient?identifier=urn:s|7"


async def test_thirty_two_writers_of_one_resource_lose_no_version(client: httpx.AsyncClient) -> None:
    name = f"Basic/{(await client.post('Basic', json={'resourceType': 'Basic', 'code': {'text': '0'}})).json()['id']}"

    async def write(number: int) -> int:
        resource = {"resourceType": "Basic", "id": name.removeprefix("Basic/"), "code": {"text": str(number)}}
        return (await client.put(name, json=resource)).status_code

    assert await asyncio.gather(*(write(number) for number in range(1, 33))) == [200] * 32
    history = (await client.get(f"{name}/_history?_count=100")).json()
    assert [e["resource"]["meta"]["versionId"] for e in history["entry"]] == [str(n) for n in range(33, 0, -1)]
    assert {e["resource"]["code"]["text"] for e in history["entry"]} == {str(n) for n in range(33)}


async def test_thirty_two_careful_writers_each_add_their_part(client: httpx.AsyncClient) -> None:
    """Each reads, adds one to a counter and writes with If-Match, until it is taken."""
    made = (await client.post("Basic", json={"resourceType": "Basic", "code": {"text": "0"}})).json()
    name = f"Basic/{made['id']}"

    async def add() -> None:
        while True:
            read = await client.get(name)
            resource = read.json()
            resource["code"]["text"] = str(int(resource["code"]["text"]) + 1)
            done = await client.put(name, json=resource, headers={"If-Match": read.headers["etag"]})
            if done.status_code == 200:
                return
            assert done.status_code == 412, done.text

    await asyncio.gather(*(add() for _ in range(32)))
    assert (await client.get(name)).json()["code"]["text"] == "32"


async def test_history_of_a_type_and_of_everything(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        await client.put("Patient/a", json={"resourceType": "Patient", "id": "a"})
    await client.put("Group/a", json={"resourceType": "Group", "id": "a", "type": "person", "actual": True})
    await client.delete("Patient/a")
    whole = (await client.get("_history")).json()
    assert validate(whole) == []
    assert [e["fullUrl"].rpartition("fhir/")[2] for e in whole["entry"]] == ["Patient/a", "Group/a", *["Patient/a"] * 3]
    page = (await client.get("Patient/_history?_count=2")).json()
    links = {link["relation"]: link["url"] for link in page["link"]}
    assert [e["request"]["method"] for e in page["entry"]] == ["DELETE", "PUT"]
    last = (await client.get(links["next"])).json()
    assert [e["response"]["etag"] for e in last["entry"]] == ['W/"2"', 'W/"1"']
    since = quote(page["entry"][1]["response"]["lastModified"])
    assert len((await client.get(f"Patient/a/_history?_since={since}")).json()["entry"]) == 2
    assert "accepted are" in told(await client.get("_history?family=x"), 400)
    told(await client.get("Foo/_history"), 404)


async def test_conditional_forms(client: httpx.AsyncClient) -> None:
    made = await client.put(BY_SEVEN, json=SEVEN)
    assert (made.status_code, made.headers["etag"]) == (201, 'W/"1"')
    again = await client.put(BY_SEVEN, json={**SEVEN, "gender": "male"})
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"2"')
    patch = [{"op": "replace", "path": "/gender", "value": "female"}]
    patched = await client.patch(BY_SEVEN, json=patch, headers=PATCH)
    assert (patched.status_code, patched.json()["gender"]) == (200, "female")
    name = f"Patient/{made.json()['id']}"
    told(await client.patch(name, json=patch, headers={**PATCH, "If-Match": 'W/"1"'}), 412)
    assert (await client.patch(name, json=patch, headers={**PATCH, "If-Match": 'W/"3"'})).status_code == 200
    told(await client.patch(name, json=[{"op": "test", "path": "/gender", "value": "male"}], headers=PATCH), 422)
    told(await client.patch(name, json=patch), 415)
    told(await client.patch("Patient?identifier=none", json=patch, headers=PATCH), 404)
    assert "needs a search" in told(await client.delete("Patient"), 400)
    assert "selects nothing" in told(await client.delete("Patient?_count=1"), 412)
    assert (await client.delete(BY_SEVEN)).status_code == 204
    assert (await client.delete(BY_SEVEN)).status_code == 204
    told(await client.get(name), 410)


async def test_a_second_delete_finds_its_work_done(client: httpx.AsyncClient) -> None:
    assert (await client.delete("Patient/none")).status_code == 204
    told(await client.delete("Patient/none", headers={"If-Match": 'W/"1"'}), 404)
    outcome = await client.delete("Patient/none", headers={"Prefer": "return=OperationOutcome"})
    assert "is deleted" in told(outcome, 200)


async def test_what_the_caller_has_is_not_sent_again(client: httpx.AsyncClient) -> None:
    made = await client.put("Patient/a", json={"resourceType": "Patient", "id": "a"})
    moment = made.headers["last-modified"]
    unchanged = await client.get("Patient/a", headers={"If-Modified-Since": moment})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    earlier = {"If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}
    assert (await client.get("Patient/a", headers=earlier)).status_code == 200
    assert (await client.get("Patient/a", headers={"If-Modified-Since": "yesterday"})).status_code == 200
    # If-None-Match goes first (RFC 9110, 13.2.2).
    both = {"If-Modified-Since": moment, "If-None-Match": 'W/"9"'}
    assert (await client.get("Patient/a", headers=both)).status_code == 200
    assert (await client.get("Patient/a", headers={"If-None-Match": '"1"'})).status_code == 304


async def test_head_and_options(client: httpx.AsyncClient) -> None:
    await client.put("Patient/a", json={"resourceType": "Patient", "id": "a"})
    get, head = await client.get("Patient/a"), await client.head("Patient/a")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers
    assert (await client.head("Patient/none")).status_code == 404
    allowed = await client.options("Patient/a")
    assert (allowed.status_code, allowed.headers["allow"]) == (204, "DELETE, GET, HEAD, PATCH, PUT, OPTIONS")
    assert (await client.options("Patient")).headers["allow"] == "DELETE, GET, HEAD, PATCH, POST, PUT, OPTIONS"
    refused = await client.post("Patient/a", json={})
    told(refused, 405)
    assert refused.headers["allow"] == allowed.headers["allow"]
    told(await client.options("a/b/c/d/e"), 404)


async def test_formats(client: httpx.AsyncClient) -> None:
    body = (
        b'{"resourceType":"Observation","id":"a","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'
    )
    await client.put("Observation/a", content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    plain, pretty = await client.get("Observation/a"), await client.get("Observation/a?_pretty=true")
    assert pretty.json() == plain.json()
    assert b'\n  "valueQuantity": {\n    "value": 1.50\n' in pretty.content
    assert b'"value": 1.50' in (await client.get("Observation/a/_history?_pretty=true")).content
    in_xml = await client.get("Observation/a?_pretty=true&_format=xml")
    assert b'\n  <valueQuantity>\n    <value value="1.50"/>\n' in in_xml.content
    for accept in ("text/xml, application/fhir+json;q=0.5", "*/*", "application/fhir+json; fhirVersion=4.0"):
        assert (await client.get("Observation/a", headers={"Accept": accept})).status_code == 200
    assert (await client.get("Observation/a?_format=application/fhir+json")).status_code == 200
    told(await client.get("Observation/a", headers={"Accept": "application/fhir+json;q=0"}), 406)


async def test_a_bundle_returns_what_is_preferred(client: httpx.AsyncClient) -> None:
    entry = {"resource": SEVEN, "request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=urn:s|7"}}
    for kind, expected in (("transaction", "201"), ("batch", "200")):
        bundle = {"resourceType": "Bundle", "type": kind, "entry": [entry]}
        done = await client.post("", json=bundle, headers={"Prefer": "return=representation"})
        assert done.json()["entry"][0]["response"]["status"].startswith(expected)
        assert done.json()["entry"][0]["resource"]["identifier"] == SEVEN["identifier"]
        assert validate(done.json()) == []


@pytest.mark.parametrize("failures", [2, 99])
async def test_what_others_undid_is_done_again_a_few_times(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    left = failures
    create = Repository.create

    async def undone(self: Repository, *args: Any, **kwargs: Any) -> Any:
        nonlocal left
        await create(self, *args, **kwargs)
        left -= 1
        if left >= 0:
            raise psycopg.errors.DeadlockDetected
        return await create(self, *args, **kwargs)

    monkeypatch.setattr(Repository, "create", undone)
    response = await client.post("Patient", json=SEVEN)
    monkeypatch.undo()
    found = (await client.get("Patient?_total=accurate")).json()["total"]
    if failures < rest.ATTEMPTS:
        assert (response.status_code, found) == (201, 2)  # what was undone before is not there
    else:
        assert "keep changing" in told(response, 409)
        assert found == 0


async def test_two_bundles_that_wait_for_each_other_both_end(client: httpx.AsyncClient) -> None:
    """Deletes lock in the order of the entries, so these two meet in a deadlock; one is undone and done again."""

    async def both(*ids: str) -> int:
        entries = [{"request": {"method": "DELETE", "url": f"Patient/{id}"}} for id in ids]
        return (await client.post("", json={"resourceType": "Bundle", "type": "batch", "entry": entries})).status_code

    for round in range(5):
        for id in ("a", "b"):
            await client.put(f"Patient/{id}{round}", json={"resourceType": "Patient", "id": f"{id}{round}"})
        assert await asyncio.gather(both(f"a{round}", f"b{round}"), both(f"b{round}", f"a{round}")) == [200, 200]


async def test_xml_comes_and_goes(client: httpx.AsyncClient) -> None:
    xml = {"Content-Type": "application/fhir+xml", "Accept": "application/fhir+xml"}
    body = '<Patient xmlns="http://hl7.org/fhir"><id value="a"/><gender value="male"/></Patient>'
    made = await client.put("Patient/a", content=body, headers=xml)
    assert (made.status_code, made.headers["content-type"]) == (201, "application/fhir+xml")
    assert b'<gender value="male"/>' in made.content
    assert (await client.get("Patient/a")).json()["gender"] == "male"
    for path in (
        "Patient/a?_format=xml",
        "Patient?_format=xml",
        "Patient/a/_history?_format=xml",
        "metadata?_format=xml",
    ):
        read = await client.get(path)
        assert (read.status_code, read.headers["content-type"]) == (200, "application/fhir+xml")
        assert read.content.lstrip().startswith((b"<?xml", b"<"))
    refused = await client.put("Patient/a", content="<Patient", headers=xml)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/fhir+xml")
    assert b"<OperationOutcome" in refused.content


async def test_compartments_handling_and_shapes(client: httpx.AsyncClient) -> None:
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    for patient in ("a", "b"):
        await client.put(f"Patient/{patient}", json={**PERSON, "id": patient})
        about = {**observation, "id": f"o{patient}", "subject": {"reference": f"Patient/{patient}"}}
        await client.put(f"Observation/o{patient}", json=about)
    page = (await client.get("Patient/a/Observation?status=final&_count=1")).json()
    assert [e["resource"]["id"] for e in page["entry"]] == ["oa"]
    assert page["link"][0]["url"] == "http://hospital/fhir/Patient/a/Observation?status=final&_count=1"
    assert (await client.get("Device/a/Observation")).json()["link"][0]["relation"] == "self"
    told(await client.get("Group/a/Observation"), 400)
    whole = (await client.get("Patient/a/*?_count=1")).json()
    assert [e["resource"]["id"] for e in whole["entry"]] == ["oa"]
    rest = (await client.get(whole["link"][1]["url"])).json()
    assert [e["resource"]["id"] for e in rest["entry"]] == ["a"]
    told(await client.get("Patient/a/*?foo=1"), 400)
    both = (await client.get("?_type=Patient,Observation&_id=a,oa")).json()
    assert [e["resource"]["id"] for e in both["entry"]] == ["a", "oa"]
    assert both["link"][0]["url"] == "http://hospital/fhir/?_type=Patient%2CObservation&_id=a%2Coa"
    assert "needs _type" in told(await client.get("?_id=a"), 400)
    told(await client.get("Patient?foo=1"), 400)
    lenient = (await client.get("Patient?foo=1", headers={"Prefer": "handling=lenient"})).json()
    assert [e["search"]["mode"] for e in lenient["entry"]] == ["match", "match", "outcome"]
    short = (await client.get("Patient/a?_elements=gender")).json()
    assert (short["gender"], "birthDate" in short) == ("male", False)
    assert short["meta"]["tag"][0]["code"] == "SUBSETTED"
    told(await client.get("Patient/a?_summary=count"), 400)
    told(await client.get("Patient/a?_elements=foo"), 400)


async def test_a_search_by_the_codes_of_a_value_set(client: httpx.AsyncClient) -> None:
    include = {"system": "urn:s", "concept": [{"code": "x"}, {"code": "y"}]}
    value_set = {"resourceType": "ValueSet", "url": "urn:v", "status": "active", "compose": {"include": [include]}}
    await client.post("ValueSet", json=value_set)
    for id in ("x", "z"):
        code = {"coding": [{"system": "urn:s", "code": id}]}
        await client.put(f"Basic/{id}", json={"resourceType": "Basic", "id": id, "code": code})
    found = (await client.get("Basic?code:in=urn:v")).json()
    assert [e["resource"]["id"] for e in found["entry"]] == ["x"]
    assert "not known" in told(await client.get("Basic?code:in=urn:none"), 404)


async def test_a_search_by_what_a_code_subsumes(client: httpx.AsyncClient) -> None:
    child = {"code": "dog", "concept": [{"code": "puppy"}]}
    system = {
        "url": "urn:s",
        "status": "active",
        "content": "complete",
        "concept": [{"code": "pet", "concept": [child]}],
    }
    await client.post("CodeSystem", json={"resourceType": "CodeSystem", **system})
    for code in ("pet", "puppy"):
        coded = {"coding": [{"system": "urn:s", "code": code}]}
        await client.put(f"Basic/{code}", json={"resourceType": "Basic", "id": code, "code": coded})
    for query, wanted in (
        ("below=urn:s|dog", ["puppy"]),
        ("below=urn:s|pet", ["pet", "puppy"]),
        ("above=urn:s|dog", ["pet"]),
    ):
        found = (await client.get(f"Basic?code:{query}")).json()
        assert [e["resource"]["id"] for e in found["entry"]] == wanted
        entry = {"request": {"method": "GET", "url": f"Basic?code:{query}"}}
        batch = await client.post("", json={"resourceType": "Bundle", "type": "batch", "entry": [entry]})
        read = batch.json()["entry"][0]["resource"]["entry"]
        assert [e["resource"]["id"] for e in read] == wanted
    assert "no code cat" in told(await client.get("Basic?code:below=urn:s|cat"), 404)
    assert "not known here" in told(await client.get("Basic?code:below=urn:none|cat"), 404)


async def test_a_fhirpath_patch(client: httpx.AsyncClient) -> None:
    await client.put("Patient/a", json={**PERSON, "id": "a"})
    parts = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "Patient.gender"},
        {"name": "value", "valueCode": "female"},
    ]
    body = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    patched = await client.patch("Patient/a", json=body, headers={"Content-Type": "application/fhir+json"})
    assert (patched.status_code, patched.json()["gender"]) == (200, "female")
    entry = {"resource": body, "request": {"method": "PATCH", "url": "Patient?gender=female"}}
    done = await client.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    assert done.json()["entry"][0]["response"]["etag"] == 'W/"3"'
    told(await client.patch("Patient/a", json=PERSON, headers={"Content-Type": "application/fhir+json"}), 415)
