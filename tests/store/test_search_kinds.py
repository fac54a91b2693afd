"""Every kind of search parameter and modifier, and what goes through other resources, on a real database."""

from collections.abc import Iterable
from typing import Any

import psycopg
import pytest

from tests.store.searched import CANONICAL, LOINC, UCUM, found, refer, stored
from xinglin.fhir.outcome import BadRequest
from xinglin.store import including
from xinglin.store.repository import Repository


@pytest.fixture
async def repository(connection: psycopg.AsyncConnection[Any]) -> Repository:
    return await stored(connection)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("value-quantity=5.4", "q1 q3"),
        ("value-quantity=5.40", "q1 q3"),
        ("value-quantity=5", "q1 q2 q3"),
        ("value-quantity=5.45", "q2"),
        (f"value-quantity=5.4|{UCUM}|mg", "q1"),
        ("value-quantity=5.4||mg", "q1"),
        ("value-quantity=5.4||milligram", "q1"),
        ("value-quantity=5.4||g", "q3"),
        (f"value-quantity=5.4|{UCUM}|g", ""),
        ("value-quantity=ne5.4", "q2 q4"),
        ("value-quantity=gt5.4", "q2 q4"),
        ("value-quantity=ge5.45", "q2 q4"),
        ("value-quantity=lt5.45", "q1 q3"),
        ("value-quantity=le5.45", "q1 q2 q3"),
        ("value-quantity=gt1000", "q4"),
        ("value-quantity=10", ""),
        ("value-quantity=sa5.4", "q2 q4"),
        ("value-quantity=eb5.45", "q1 q3"),
        ("value-quantity=ap5", "q1 q2 q3"),
        ("value-quantity=5.45,gt9", "q2 q4"),
        ("value-quantity:missing=false", "q1 q2 q3 q4"),
        ("component-value-quantity=gt149", "q5 q6"),
        (f"code-value-quantity={LOINC}|A$5.4", "q1"),
        ("code-value-quantity=A$5.4,B$5.4", "q1 q3"),
        ("component-code-value-quantity=SYS$gt140", "q5"),
        (f"component-code-value-quantity={LOINC}|DIA$gt140||mm[Hg]", "q6"),
        ("component-code-value-quantity=DIA$gt140||g", ""),
        ("combo-code-value-quantity=SYS$lt120", "q6"),
        ("combo-code-value-quantity=A$gt5.4", "q2"),
        ("code-value-concept=C$yes", "q7"),
        ("code-value-string=C$norm", "q8"),
        ("code=|C", ""),
        (f"code={LOINC}|", "q1 q2 q3 q4 q5 q6 q7 q8"),
        ("code=urn:none|", ""),
        ("code:text=severe", "q7"),
        ("code:text=KOPF", "q7"),
        ("code:text=ache", ""),
        ("code:not=A,B", "q5 q6 q7 q8"),
        ("status:in=http://hl7.org/fhir/ValueSet/observation-status", "q1 q2 q3 q4 q5 q6 q7 q8"),
        ("status:not-in=http://hl7.org/fhir/ValueSet/observation-status", ""),
        ("subject:missing=true", "q5 q6 q7 q8"),
        ("date:missing=true", "q4 q5 q7 q8"),
        ("value-string:missing=false", "q8"),
        ("value-string:contains=find", "q8"),
        ("subject.name=peters", "q1 q3"),
        ("subject:Patient.name:exact=Peters", "q1 q3"),
        ("patient.gender=male,female", "q1 q2 q3"),
        ("patient.gender:not=male", "q2 q4"),
        ("patient.organization.name=west", "q1 q3"),
        ("patient.organization.partof.name=group", "q1 q3"),
        ("patient._id=p2", "q2"),
        ("subject.general-practitioner:Practitioner.family=watson", "q1 q3"),
        ("performer.name=zim", "q5"),
        ("patient._has:Group:member:_id=g1", "q1 q2 q3"),
        ("patient.link.name=peters", "q4"),
        ("_list=l1", "q1"),
        ("_list=none", ""),
        (
            "_filter=subject:Patient[gender eq male and name sw Pet].organization[name eq West].partof.name sw gr",
            "q1 q3",
        ),
        ("_sort=value-quantity", "q1 q3 q2 q4 q5 q6 q7 q8"),
        ("_sort=-value-quantity", "q4 q2 q1 q3 q5 q6 q7 q8"),
        ("_sort=-date", "q2 q1 q3 q6 q4 q5 q7 q8"),
        ("_sort=date", "q6 q3 q1 q2 q4 q5 q7 q8"),
        ("patient=p1&_sort=-date", "q1 q3"),
        ("patient=p1&date=lt2024&_sort=-date", "q3"),
        ("patient=Patient/p1&code=A&_sort=date", "q1"),
    ],
)
async def test_observations(repository: Repository, query: str, expected: str) -> None:
    assert await found(repository, "Observation", query) == expected.split()


@pytest.mark.parametrize(
    ("type", "query", "expected"),
    [
        ("RiskAssessment", "probability=0.8", "r1 r2"),
        ("RiskAssessment", "probability=0.80", "r1"),
        ("RiskAssessment", "probability=gt0.8", "r2"),
        ("RiskAssessment", "probability=8e-1", "r1 r2"),
        ("ValueSet", f"url={CANONICAL}/123", "v1"),
        ("ValueSet", f"url:below={CANONICAL}/123", "v1 v2"),
        ("ValueSet", f"url:below={CANONICAL}", "v1 v2 v3"),
        ("ValueSet", f"url:above={CANONICAL}/123/sub/deeper", "v1 v2"),
        ("ValueSet", "url:missing=true", ""),
        ("Patient", "identifier:of-type=urn:kinds|MR|77", "p1"),
        ("Patient", "identifier:of-type=urn:kinds|MR|78", ""),
        ("Patient", "identifier:text=medical", "p1"),
        ("Patient", "identifier:missing=true", "p2 p3"),
        ("Patient", "name:missing=true", "p3"),
        ("Patient", "birthdate:missing=false", "p2"),
        ("Patient", "_id:not=p1", "p2 p3"),
        ("Patient", "_has:Observation:patient:code=A", "p1 p2"),
        ("Patient", "_has:Observation:patient:code=A&_has:Observation:patient:code=B", "p1"),
        ("Patient", "_has:Observation:patient:status=final", "p1 p2 p3"),
        ("Patient", "_has:Observation:performer:code=BP", "p2"),
        ("Patient", "_has:Patient:link:_has:Observation:subject:code=B", "p1"),
        ("Patient", "organization.name=west", "p1"),
        ("Patient", "general-practitioner.name=wat", "p1"),
        ("Patient", "_list=l1", "p2"),
        ("Practitioner", "_has:Patient:general-practitioner:organization.name=west", "d1"),
        ("Group", "characteristic-value=sex$m", "g1"),
        ("Group", "characteristic-value=sex$old", ""),
    ],
)
async def test_other_types(repository: Repository, type: str, query: str, expected: str) -> None:
    assert await found(repository, type, query) == expected.split()


async def test_a_deleted_resource_links_nothing(repository: Repository) -> None:
    await repository.delete("Patient", "p1")
    assert await found(repository, "Observation", "subject.name=peters") == []
    await repository.delete("Observation", "q1")
    assert await found(repository, "Patient", "_has:Observation:patient:code=A") == ["p2"]
    await repository.delete("List", "l1")
    assert await found(repository, "Patient", "_list=l1") == []


async def test_value_sets_are_asked_of_terminology(repository: Repository) -> None:
    with pytest.raises(BadRequest, match="not known here"):
        await repository.search("Observation", "code:in=http://acme.org/vs")

    async def expand(url: str) -> Iterable[tuple[str, str]]:
        assert url == "http://acme.org/vs"
        return [(LOINC, "A"), (LOINC, "C"), ("urn:other", "B")]

    repository.expand = expand
    assert await found(repository, "Observation", "code:in=http://acme.org/vs") == ["q1", "q2", "q7", "q8"]
    assert await found(repository, "Observation", "code:not-in=http://acme.org/vs") == ["q3", "q4", "q5", "q6"]
    assert await found(repository, "Patient", "_has:Observation:patient:code:in=http://acme.org/vs") == ["p1", "p2"]


async def test_unknown_parameters_are_left_out_only_when_asked(repository: Repository) -> None:
    with pytest.raises(BadRequest, match="no search parameter shoesize"):
        await repository.search("Patient", "shoesize=43&gender=male")
    page = await repository.search("Patient", "shoesize=43&gender=male&_sort=hat", lenient=True)
    assert [r["id"] for r in page.resources] == ["p1"]
    assert ["shoesize was left out" in w.diagnostics for w in page.warnings] == [True, False]
    assert "_sort was left out" in page.warnings[1].diagnostics
    with pytest.raises(BadRequest, match="accepted is YYYY"):  # what is known is still read strictly
        await repository.search("Patient", "birthdate=soon", lenient=True)


async def test_compartments(repository: Repository) -> None:
    async def members(type: str, query: str = "") -> list[str]:
        page = await repository.search(type, query, compartment=("Patient", "p2"))
        return [resource["id"] for resource in page.resources]

    assert await members("Observation") == ["q2", "q5"]  # as its subject, and as its performer
    assert await members("Observation", "code=A") == ["q2"]
    assert await members("Patient") == ["p2"]
    assert await members("Group") == ["g1"]
    with pytest.raises(BadRequest, match="No Organization belongs"):
        await members("Organization")
    with pytest.raises(BadRequest, match="no compartment of Group; accepted are Device, Encounter, Patient, Pract"):
        await repository.search("Patient", compartment=("Group", "g1"))


@pytest.mark.parametrize(
    ("compartment", "type", "found"),
    [
        (("Encounter", "none"), "Observation", ["q8"]),
        (("Practitioner", "d1"), "Patient", ["p1"]),
        (("Practitioner", "d1"), "Practitioner", ["d1"]),
        (("RelatedPerson", "x"), "Observation", []),
        (("Device", "x"), "Device", []),
    ],
)
async def test_every_compartment(
    repository: Repository, compartment: tuple[str, str], type: str, found: list[str]
) -> None:
    page = await repository.search(type, compartment=compartment)
    assert [resource["id"] for resource in page.resources] == found


async def included(repository: Repository, type: str, query: str) -> list[str]:
    return sorted(resource["id"] for resource in (await repository.search(type, query)).included)


async def test_includes_iterate(repository: Repository) -> None:
    once = "_id=q1&_include=Observation:subject"
    assert await included(repository, "Observation", once) == ["p1"]
    assert await included(repository, "Observation", f"{once}&_include:iterate=Patient:organization") == ["o1", "p1"]
    deep = f"{once}&_include:iterate=Patient:organization&_include:iterate=Organization:partof"
    assert await included(repository, "Observation", deep) == ["o1", "o2", "p1"]
    assert await included(repository, "Patient", "_id=p1&_include=*") == ["d1", "o1"]
    assert await included(repository, "Patient", "_id=p1&_include=Patient:*:Organization") == ["o1"]
    assert await included(repository, "Patient", "_id=p1&_revinclude=*") == ["g1", "p3", "q1", "q3", "r1"]
    back = "_id=o2&_revinclude=Organization:partof&_revinclude:iterate=Patient:organization"
    assert await included(repository, "Organization", back) == ["o1", "p1"]


async def test_iteration_ends_and_says_where(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    await repository.update(
        {"resourceType": "Organization", "id": "o2", "name": "A", "partOf": refer("Organization/o1")}
    )
    query = "_id=o1&_include:iterate=Organization:partof"  # a circle
    page = await repository.search("Organization", query)
    assert ([r["id"] for r in page.included], page.warnings) == (["o2"], ())
    for number in range(3, 8):
        parent = refer(f"Organization/o{number - 1}")
        await repository.update({"resourceType": "Organization", "id": f"o{number}", "name": "A", "partOf": parent})
    monkeypatch.setattr(including, "ROUNDS", 2)
    page = await repository.search("Organization", "_id=o7&_include:iterate=Organization:partof")
    assert [r["id"] for r in page.included] == ["o6", "o5", "o4"]
    assert "followed 2 times" in page.warnings[0].diagnostics


async def test_shapes(repository: Repository) -> None:
    await repository.update(
        {
            "resourceType": "Patient",
            "id": "p4",
            "text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>"},
            "active": True,
            "deceasedBoolean": False,
            "contact": [{"name": {"text": "x"}, "gender": "male"}],
            "link": [{"other": refer("Patient/p1"), "type": "seealso"}],
        }
    )

    async def keys(query: str) -> set[str]:
        (resource,) = (await repository.search("Patient", f"_id=p4&{query}")).resources
        part = {"code": "SUBSETTED"}.items() <= resource["meta"].get("tag", [{}])[-1].items()
        assert part == (set(resource) != {"resourceType", "id", "meta", *ELEMENTS})
        return set(resource) - {"resourceType", "id", "meta"}

    ELEMENTS = ("text", "active", "deceasedBoolean", "contact", "link")  # noqa: N806
    assert await keys("_summary=false") == set(ELEMENTS)
    assert await keys("_summary=true") == {"active", "deceasedBoolean", "link"}
    assert await keys("_summary=data") == {"active", "deceasedBoolean", "contact", "link"}
    assert await keys("_summary=text") == {"text"}
    assert await keys("_elements=active,deceased") == {"active", "deceasedBoolean"}
    assert await keys("_elements=Patient.contact") == {"contact"}


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("value-string:ew=x", "modifiers of a string parameter are"),
        ("value-quantity=much", "accepted is number, number|system|code or number||code"),
        ("value-quantity=5|mg", "is no unit"),
        ("value-quantity=1e99", "beyond 1e38"),
        ("code-value-quantity=A", "accepted is code$value-quantity"),
        ("code-value-quantity:missing=true", "modifiers of a composite parameter are: none"),
        ("subject.identifier.foo=1", "identifier of"),
    ],
)
async def test_refused(repository: Repository, query: str, text: str) -> None:
    with pytest.raises(BadRequest) as raised:
        await repository.search("Observation", query)
    assert text in str(raised.value)
