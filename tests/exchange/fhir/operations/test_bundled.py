"""Operations as entries of batches and transactions."""

from typing import Any

import httpx
import pytest

Json = dict[str, Any]

SYSTEM = "urn:cs:colours"
COLOURS: Json = {
    "resourceType": "CodeSystem",
    "id": "colours",
    "url": SYSTEM,
    "status": "active",
    "content": "complete",
    "valueSet": "urn:vs:colours",
    "concept": [{"code": "red", "display": "Red"}],
}


def entry(method: str, url: str, resource: Json | None = None) -> Json:
    return {**({"resource": resource} if resource else {}), "request": {"method": method, "url": url}}


async def sent(client: httpx.AsyncClient, type: str, *entries: Json) -> httpx.Response:
    return await client.post("", json={"resourceType": "Bundle", "type": type, "entry": list(entries)})


def codes_of(answer: Json) -> list[str]:
    return [issue["code"] for issue in answer["resource"]["issue"]]


@pytest.mark.parametrize("type", ["batch", "transaction"])
async def test_they_see_what_the_same_bundle_wrote(client: httpx.AsyncClient, type: str) -> None:
    asked = {
        "resourceType": "Parameters",
        "parameter": [{"name": "system", "valueUri": SYSTEM}, {"name": "code", "valueCode": "red"}],
    }
    answer = await sent(
        client,
        type,
        entry("PUT", "CodeSystem/colours", COLOURS),
        entry("PUT", "Patient/p", {"resourceType": "Patient", "id": "p"}),
        entry("GET", f"CodeSystem/$lookup?system={SYSTEM}&code=red"),
        entry("POST", "CodeSystem/$lookup", asked),
        entry("GET", f"CodeSystem/$validate-code?url={SYSTEM}&code=blue"),
        entry("GET", "ValueSet/$expand?url=urn:vs:colours"),
        entry("POST", "Patient/$validate", {"resourceType": "Patient", "gender": "unknown"}),
        entry("POST", "Patient/p/$validate", {"resourceType": "Patient", "id": "p", "gender": "x"}),
        entry("GET", "Patient/p/$everything?_count=1"),
        entry("HEAD", "Patient/p/$meta"),
    )
    assert answer.status_code == 200, answer.text
    answers = answer.json()["entry"]
    assert [one["response"]["status"][:3] for one in answers] == ["201", "201", *["200"] * 8]
    for looked_up in answers[2:4]:
        assert {"name": "display", "valueString": "Red"} in looked_up["resource"]["parameter"]
    assert {"name": "result", "valueBoolean": False} in answers[4]["resource"]["parameter"]
    assert [one["code"] for one in answers[5]["resource"]["expansion"]["contains"]] == ["red"]
    assert codes_of(answers[6]) == ["informational"]
    assert "code-invalid" in codes_of(answers[7])
    record = answers[8]["resource"]
    assert [one["fullUrl"] for one in record["entry"]] == ["http://hospital/fhir/Patient/p"]
    assert record["link"][0]["url"] == "http://hospital/fhir/Patient/p/$everything?_count=1"
    assert "resource" not in answers[9]
    assert (await client.get("Patient/p")).json().get("gender") is None


@pytest.mark.parametrize(
    ("refused", "status", "text"),
    [
        (
            entry("POST", "Patient/p/$meta-add"),
            400,
            "$meta-add is not supported in a bundle; accepted are: $",
        ),
        (entry("GET", "$export"), 400, "$export is not supported in a bundle"),
        (entry("GET", "Patient/$nothing"), 404, "There is no $nothing at /Patient; there are: "),
        (entry("GET", "Patient/p/$everything?x=1"), 400, "The parameter x is not supported"),
        (entry("PUT", "Patient/p/$validate"), 400, "an operation is called by GET or POST"),
        (entry("GET", "Patient/p/_history/$meta"), 400, "operations: $name, Type/$name, Type/id/$name"),
    ],
)
async def test_refused_by_their_entry(client: httpx.AsyncClient, refused: Json, status: int, text: str) -> None:
    first = entry("PUT", "Patient/p", {"resourceType": "Patient", "id": "p"})
    whole = await sent(client, "transaction", first, refused)
    assert whole.status_code == status, whole.text
    (issue,) = whole.json()["issue"]
    assert text in issue["diagnostics"]
    assert issue["expression"][0].startswith("Bundle.entry[1]")
    assert (await client.get("Patient/p")).status_code == 404
    single = (await sent(client, "batch", first, refused)).json()["entry"]
    assert [one["response"]["status"][:3] for one in single] == ["201", str(status)]
    assert text in single[1]["response"]["outcome"]["issue"][0]["diagnostics"]


async def test_the_capability_statement_tells_of_them(client: httpx.AsyncClient) -> None:
    (rest,) = (await client.get("metadata")).json()["rest"]
    told = next(line for line in rest["documentation"].splitlines() if line.startswith("Operations in batches"))
    assert "`$validate`" in told
    assert "`$expunge`" not in told
