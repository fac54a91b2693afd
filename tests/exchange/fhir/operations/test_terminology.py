"""The operations of terminology, over HTTP."""

from typing import Any

import httpx
import pytest

from tests.exchange.fhir.told import told
from xinglin.fhir.validation import validate

SYSTEM = "urn:test:diseases"
DISEASES = {
    "resourceType": "CodeSystem",
    "id": "diseases",
    "url": SYSTEM,
    "valueSet": f"{SYSTEM}/all",
    "version": "1",
    "name": "Diseases",
    "status": "active",
    "content": "complete",
    "concept": [
        {
            "code": "A",
            "display": "传染病",
            "concept": [
                {"code": "A1", "display": "霍乱", "property": [{"code": "rank", "valueInteger": 1}]},
                {
                    "code": "A2",
                    "display": "伤寒",
                    "designation": [{"language": "en", "value": "Typhoid fever"}],
                    "property": [{"code": "rank", "valueInteger": 2}, {"code": "status", "valueCode": "retired"}],
                },
            ],
        },
        {"code": "B", "display": "高血压", "definition": "血压高"},
        {"code": "C", "display": "组", "property": [{"code": "notSelectable", "valueBoolean": True}]},
    ],
}
MAP = {
    "resourceType": "ConceptMap",
    "id": "to-other",
    "url": "urn:test:map",
    "status": "active",
    "group": [
        {
            "source": SYSTEM,
            "target": "urn:other",
            "element": [
                {
                    "code": "A1",
                    "target": [{"code": "x1", "display": "Cholera", "equivalence": "narrower", "comment": "x"}],
                },
                {"code": "A2", "target": [{"equivalence": "unmatched"}]},
            ],
        }
    ],
}


@pytest.fixture
async def server(client: httpx.AsyncClient) -> httpx.AsyncClient:
    for resource in (DISEASES, MAP):
        assert (await client.put(f"{resource['resourceType']}/{resource['id']}", json=resource)).status_code == 201
    return client


def values(response: httpx.Response) -> dict[str, Any]:
    """Simple output parameters."""
    assert response.status_code == 200, response.text
    assert validate(response.json()) == []
    listed = response.json()["parameter"]
    return {p["name"]: v for p in listed for k, v in p.items() if k.startswith("value")}


async def codes(server: httpx.AsyncClient, *includes: dict[str, Any], **more: Any) -> list[str]:
    """The codes of an expansion, through a Parameters resource."""
    exclude = more.pop("exclude", None)
    compose = {"include": list(includes), **({"exclude": exclude} if exclude else {})}
    value_set = {"resourceType": "ValueSet", "status": "active", "compose": compose}
    listed = [{"name": "valueSet", "resource": value_set}]
    listed += [{"name": k, "valueString" if k == "filter" else "valueInteger": v} for k, v in more.items()]
    response = await server.post("ValueSet/$expand", json={"resourceType": "Parameters", "parameter": listed})
    assert response.status_code == 200, response.text
    assert validate(response.json()) == []
    expansion = response.json()["expansion"]
    if not more:
        assert expansion["total"] == len(expansion.get("contains", ()))
    return [item["code"] for item in expansion.get("contains", ())]


def where(property: str, op: str, value: str) -> dict[str, Any]:
    return {"system": SYSTEM, "filter": [{"property": property, "op": op, "value": value}]}


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (where("concept", "is-a", "A"), ["A", "A1", "A2"]),
        (where("concept", "descendent-of", "A"), ["A1", "A2"]),
        (where("concept", "is-not-a", "A"), ["B", "C"]),
        (where("concept", "generalizes", "A2"), ["A", "A2"]),
        (where("rank", "=", "1"), ["A1"]),
        (where("rank", "in", "1, 2"), ["A1", "A2"]),
        (where("rank", "not-in", "1"), ["A", "A2", "B", "C"]),
        (where("rank", "exists", "true"), ["A1", "A2"]),
        (where("rank", "exists", "false"), ["A", "B", "C"]),
        (where("parent", "=", "A"), ["A1", "A2"]),
        (where("child", "exists", "true"), ["A"]),
        (where("code", "regex", "A[0-9]"), ["A1", "A2"]),
        (where("code", "regex", "A"), ["A"]),
        (where("rank", "regex", "[2-9]"), ["A2"]),
        (where("display", "=", "高血压"), ["B"]),
        ({"system": SYSTEM}, ["A", "A1", "A2", "B", "C"]),
        ({"system": SYSTEM, "concept": [{"code": "B"}, {"code": "A1"}]}, ["B", "A1"]),
        ({"system": "urn:unknown", "concept": [{"code": "z"}]}, ["z"]),
        ({"system": SYSTEM, "valueSet": ["urn:test:some"]}, ["A1", "B"]),
        ({"valueSet": ["urn:test:some", f"{SYSTEM}/all"]}, ["B", "A1"]),
        (
            {"valueSet": ["http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1"]},
            ["female", "male", "other", "unknown"],
        ),
    ],
)
async def test_every_kind_of_include(server: httpx.AsyncClient, filter: dict[str, Any], expected: list[str]) -> None:
    concepts = [{"code": "B"}, {"code": "A1"}]
    some = {"resourceType": "ValueSet", "url": "urn:test:some", "status": "active"}
    await server.post("ValueSet", json={**some, "compose": {"include": [{"system": SYSTEM, "concept": concepts}]}})
    assert await codes(server, filter) == expected


async def test_several_includes_paging_exclusion_and_text(server: httpx.AsyncClient) -> None:
    both = (where("concept", "is-a", "A"), {"system": SYSTEM})
    assert await codes(server, *both) == ["A", "A1", "A2", "B", "C"]
    pages = [await codes(server, *both, offset=offset, count=2) for offset in (0, 2, 4, 6)]
    assert pages == [["A", "A1"], ["A2", "B"], ["C"], []]
    assert await codes(server, {"system": SYSTEM}, exclude=[where("concept", "is-a", "A")]) == ["B", "C"]
    assert await codes(server, {"system": SYSTEM}, count=0) == []
    for text, expected in (("gxy", ["B"]), ("伤", ["A2"]), ("TYPHOID", ["A2"]), ("a", ["A1", "A2", "A"]), ("zz", [])):
        assert (await codes(server, {"system": SYSTEM}, filter=text))[:3] == expected
    named = {"system": SYSTEM, "concept": [{"code": "B"}, {"code": "A1", "display": "Cholera"}]}
    assert await codes(server, named, filter="gxy") == ["B"]
    assert await codes(server, named, filter="chol") == ["A1"]


async def test_an_expansion_by_url_tells_what_is_inactive(server: httpx.AsyncClient) -> None:
    found = await server.get("ValueSet/$expand", params={"url": f"{SYSTEM}/all", "displayLanguage": "en"})
    contained = {item["code"]: item for item in found.json()["expansion"]["contains"]}
    assert contained["A2"] == {"system": SYSTEM, "inactive": True, "code": "A2", "display": "Typhoid fever"}
    assert contained["C"]["abstract"] is True
    active = await server.get("ValueSet/$expand", params={"url": f"{SYSTEM}/all", "activeOnly": "true"})
    assert "A2" not in {item["code"] for item in active.json()["expansion"]["contains"]}
    whole = await server.get("ValueSet/$expand", params={"url": f"{SYSTEM}/all", "includeDesignations": "true"})
    assert whole.json()["expansion"]["contains"][2]["designation"] == [{"language": "en", "value": "Typhoid fever"}]


@pytest.mark.parametrize(
    ("compose", "status", "message"),
    [
        ({"include": [{"system": "urn:none"}]}, 404, "urn:none is not known"),
        ({"include": [{"valueSet": ["urn:none"]}]}, 404, "urn:none is not known"),
        ({"include": [{"valueSet": ["urn:loop"]}]}, 422, "without end"),
        ({"include": [where("rank", "is-a", "1")]}, 400, "accepted is is-a on concept"),
        ({"include": [where("code", "regex", "(")]}, 400, "regex"),
        ({"include": [where("rank", "exists", "maybe")]}, 400, "true and false"),
        ({}, 422, "must not be empty"),
    ],
)
async def test_value_sets_that_can_not_be_expanded(
    server: httpx.AsyncClient, compose: dict[str, Any], status: int, message: str
) -> None:
    loop = {"resourceType": "ValueSet", "url": "urn:loop", "status": "active"}
    await server.post("ValueSet", json={**loop, "compose": {"include": [{"valueSet": ["urn:loop"]}]}})
    value_set = {"resourceType": "ValueSet", "status": "active", "compose": compose}
    body = {"resourceType": "Parameters", "parameter": [{"name": "valueSet", "resource": value_set}]}
    assert message in told(await server.post("ValueSet/$expand", json=body), status)


async def test_lookup(server: httpx.AsyncClient) -> None:
    response = await server.get("CodeSystem/$lookup", params={"system": SYSTEM, "code": "A2", "displayLanguage": "en"})
    assert values(response) == {"name": "Diseases", "version": "1", "display": "Typhoid fever"}
    properties = [
        {part["name"]: next(v for k, v in part.items() if k != "name") for part in item["part"]}
        for item in response.json()["parameter"]
        if item["name"] == "property"
    ]
    assert {"code": "parent", "value": "A"} in properties
    assert {"code": "inactive", "value": True} in properties
    assert {"code": "rank", "value": "2"} in properties
    coding = {"name": "coding", "valueCoding": {"system": SYSTEM, "code": "A"}}
    limit = {"name": "property", "valueCode": "child"}
    posted = await server.post("CodeSystem/$lookup", json={"resourceType": "Parameters", "parameter": [coding, limit]})
    assert [p["part"][1]["valueCode"] for p in posted.json()["parameter"] if p["name"] == "property"] == ["A1", "A2"]
    assert "no code Z" in told(await server.get(f"CodeSystem/$lookup?system={SYSTEM}&code=Z"), 404)
    assert "not known here" in told(await server.get("CodeSystem/$lookup?system=urn:none&code=Z"), 404)
    assert "system is missing" in told(await server.get("CodeSystem/$lookup?code=Z"), 400)
    assert "accepted are" in told(await server.get("CodeSystem/$lookup?code=Z&kode=1"), 400)


@pytest.mark.parametrize(
    ("path", "result", "display"),
    [
        (f"ValueSet/$validate-code?url={SYSTEM}/all&system={SYSTEM}&code=A1", True, "霍乱"),
        (f"ValueSet/$validate-code?url={SYSTEM}/all&system={SYSTEM}&code=Z", False, None),
        (f"ValueSet/$validate-code?url={SYSTEM}/all&system=urn:x&code=A1", False, None),
        (f"ValueSet/$validate-code?url={SYSTEM}/all&code=A1", True, "霍乱"),
        (f"ValueSet/$validate-code?url={SYSTEM}/all&code=A2&display=typhoid FEVER", True, "伤寒"),
        (f"ValueSet/$validate-code?url={SYSTEM}/all&code=A2&display=Cholera", False, "伤寒"),
        ("ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/administrative-gender&code=male", True, None),
        ("ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/administrative-gender&code=man", False, None),
        (f"CodeSystem/$validate-code?url={SYSTEM}&code=B", True, "高血压"),
        (f"CodeSystem/$validate-code?url={SYSTEM}&code=b", False, None),
        ("CodeSystem/diseases/$validate-code?code=B&display=x", False, "高血压"),
    ],
)
async def test_validate_code(server: httpx.AsyncClient, path: str, result: bool, display: str | None) -> None:
    found = values(await server.get(path))
    assert (found["result"], found.get("display")) == (result, display)
    assert ("message" in found) == (not result)


async def test_any_coding_of_a_concept_will_do(server: httpx.AsyncClient) -> None:
    for codings, result in (([("urn:x", "A1"), (SYSTEM, "A1")], True), ([("urn:x", "A1"), (SYSTEM, "Z")], False)):
        concept = {"coding": [{"system": system, "code": code} for system, code in codings]}
        listed = [
            {"name": "url", "valueUri": f"{SYSTEM}/all"},
            {"name": "codeableConcept", "valueCodeableConcept": concept},
        ]
        posted = await server.post("ValueSet/$validate-code", json={"resourceType": "Parameters", "parameter": listed})
        assert values(posted)["result"] is result


@pytest.mark.parametrize(
    ("one", "other", "outcome"),
    [("A", "A1", "subsumes"), ("A1", "A", "subsumed-by"), ("A", "A", "equivalent"), ("A1", "A2", "not-subsumed")],
)
async def test_subsumes(server: httpx.AsyncClient, one: str, other: str, outcome: str) -> None:
    path = f"CodeSystem/$subsumes?system={SYSTEM}&codeA={one}&codeB={other}"
    assert values(await server.get(path)) == {"outcome": outcome}
    assert values(await server.get(f"CodeSystem/diseases/$subsumes?codeA={one}&codeB={other}")) == {"outcome": outcome}
    told(await server.get(f"CodeSystem/$subsumes?system={SYSTEM}&codeA={one}&codeB=Z"), 404)


async def test_translate(server: httpx.AsyncClient) -> None:
    url = "ConceptMap/$translate?url=urn:test:map"
    found = await server.get(f"{url}&system={SYSTEM}&code=A1")
    assert values(found) == {"result": True}
    match = {part["name"]: part for part in found.json()["parameter"][1]["part"]}
    assert match["concept"]["valueCoding"] == {"system": "urn:other", "code": "x1", "display": "Cholera"}
    assert match["equivalence"]["valueCode"] == "narrower"
    back = await server.get("ConceptMap/to-other/$translate?system=urn:other&code=x1&reverse=true")
    match = {part["name"]: part for part in back.json()["parameter"][1]["part"]}
    assert match["concept"]["valueCoding"] == {"system": SYSTEM, "code": "A1"}
    assert match["equivalence"]["valueCode"] == "wider"
    for code in ("A2", "B"):
        assert values(await server.get(f"{url}&system={SYSTEM}&code={code}"))["result"] is False
    assert values(await server.get(f"{url}&system={SYSTEM}&code=A1&targetsystem=urn:x"))["result"] is False
    changed = {**MAP, "group": [{**MAP["group"][0], "target": "urn:new"}]}  # type: ignore[dict-item,index]
    await server.put("ConceptMap/to-other", json=changed)
    assert values(await server.get(f"{url}&system={SYSTEM}&code=A1&targetsystem=urn:new"))["result"] is True


async def test_operations_that_are_not_there(server: httpx.AsyncClient) -> None:
    assert "there are: $expand, $" in told(await server.get("ValueSet/$grow"), 404)
    told(await server.get("Patient/$expand"), 404)
    listed = (await server.get("metadata")).json()["rest"][0]["resource"]
    operations = {o["name"]: o["definition"] for r in listed if r["type"] == "ValueSet" for o in r["operation"]}
    assert operations["expand"] == "http://hl7.org/fhir/OperationDefinition/ValueSet-expand"
