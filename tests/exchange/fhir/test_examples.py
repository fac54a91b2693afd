"""All official examples of R4 go into the store over HTTP: each comes out as it went in, or is refused with the reason.

That all of them survive XML is for `tests/fhir/xml`; here each tenth is also read over HTTP, as JSON and as XML.
"""

import json
import re
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.fhir.examples import examples
from tests.fhir.validation.test_examples import REFUSED
from xinglin.fhir import json as fhir_json
from xinglin.fhir import xml
from xinglin.platform.database import Database
from xinglin.store.channel_headers import HIDDEN

BATCH = 10_000_000
"""Bytes of one batch."""

LONG_ID = "SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject"
"""Refused already for its URL."""


def digits(number: str) -> Any:
    """Sign, digits and exponent as they are written: 1.0E-2 is 0.010, and is not 0.01."""
    return Decimal(number).as_tuple()


def exactly(text: str | bytes) -> Any:
    """JSON with the digits of its numbers, so that 1.0 is not 1.00, and without what the store stamps."""
    resource = json.loads(text, parse_float=digits, parse_int=digits)
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    return {**{k: v for k, v in resource.items() if k != "meta"}, "meta": meta}


async def put_all(client: httpx.AsyncClient, named: list[tuple[str, bytes]]) -> dict[str, list[Any]]:
    """Writes a batch. Gives the names of those that are refused, with the issues of each."""
    entries = b",".join(
        b'{"resource":%b,"request":{"method":"PUT","url":"%b"}}' % (text, name.encode()) for name, text in named
    )
    body = b'{"resourceType":"Bundle","type":"batch","entry":[%b]}' % entries
    answer = await client.post("", content=body, headers={"Content-Type": "application/fhir+json"})
    assert answer.status_code == 200, answer.text[:2000]
    answered = [entry["response"] for entry in answer.json()["entry"]]
    accepted = [response["status"] == "201 Created" for response in answered]
    return {
        name: response["outcome"]["issue"]
        for (name, _), response, well in zip(named, answered, accepted, strict=True)
        if not well
    }


def batches() -> Any:
    """(`Type/id`, JSON text) of all examples, in batches."""
    batch: list[tuple[str, bytes]] = []
    for _, text in examples():
        resource = json.loads(text)
        batch.append((f"{resource['resourceType']}/{resource['id']}", text))
        if sum(len(text) for _, text in batch) > BATCH or len(batch) == 250:
            yield batch
            batch = []
    yield batch


@pytest.fixture
def body_limit() -> int:
    """Room for the largest examples."""
    return 200_000_000


async def test_every_example_comes_out_as_it_went_in_or_is_refused_with_the_reason(
    client: httpx.AsyncClient, database: Database
) -> None:
    sent: dict[str, bytes] = {}
    refused: dict[str, list[Any]] = {}
    for batch in batches():
        issues = await put_all(client, batch)
        refused |= issues
        sent |= {name: text for name, text in batch if name not in issues}
    # Two files hold the ImplementationGuide, which is refused.
    assert {name.replace("/", "-") for name in refused} == REFUSED.keys() - {"ig-r4"}
    for name, issues in refused.items():
        type, path = name.partition("/")[0], REFUSED[name.replace("/", "-")][0]
        told = [re.sub(r"^Bundle\.entry\[\d+\]\.resource", type, issue["expression"][0]) for issue in issues]
        assert path in told or name.replace("/", "-") == LONG_ID, told
    assert len(sent) + len(refused) == 5305
    async with database.transaction() as connection:
        rows = await connection.execute("SELECT type || '/' || id, content::text FROM resource")
        stored = {name: text async for name, text in rows}
    assert stored.keys() == sent.keys()
    for number, (name, text) in enumerate(sent.items()):
        expected = exactly(text)
        for header in expected.get("channel", {}).get("header", ())[:1]:
            expected["channel"]["header"] = [f"{header.partition(':')[0]}: {HIDDEN}"]  # of which each example has one
        assert exactly(stored[name]) == expected, name
        if number % 10 == 0:
            assert exactly((await client.get(name)).content) == expected, name
            in_xml = await client.get(name, headers={"Accept": "application/fhir+xml"})
            assert exactly(fhir_json.dumps(xml.loads(in_xml.content))) == expected, name
    await claims_hold(client, sent)


async def claims_hold(client: httpx.AsyncClient, sent: dict[str, bytes]) -> None:
    """Now that R4's profiles are stored, what claims one of them is accepted again, and refused where it breaks it."""
    claiming = [
        {"request": {"method": "PUT", "url": name}, "resource": fhir_json.loads(text)}
        for name, text in sent.items()
        if exactly(text)["meta"].get("profile") and name.partition("/")[0] not in ("CodeSystem", "ValueSet")
    ]
    assert len(claiming) == 13
    body = fhir_json.dumps({"resourceType": "Bundle", "type": "batch", "entry": claiming})
    answer = await client.post("", content=body, headers={"Content-Type": "application/fhir+json"})
    assert {entry["response"]["status"] for entry in answer.json()["entry"]} == {"200 OK"}
    pressure = json.loads(sent["Observation/blood-pressure"])
    assert (await client.put("Observation/blood-pressure", json=pressure)).status_code == 200
    del pressure["category"]
    refused = await client.put("Observation/blood-pressure", json=pressure)
    assert refused.status_code == 422, refused.text
    assert "VSCat" in refused.text
