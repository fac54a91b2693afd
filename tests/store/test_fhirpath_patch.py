"""FHIRPath Patch: each operation, and what is refused."""

import copy
from typing import Any

import pytest

from xinglin.fhir.outcome import BadRequest, Invalid
from xinglin.fhir.validation import validate
from xinglin.store.fhirpath_patch import fhirpath_patch

BEFORE: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "1",
    "gender": "male",
    "birthDate": "1980-01-01",
    "name": [{"use": "official", "family": "Li", "given": ["A", "B", "C"]}, {"use": "nickname", "text": "x"}],
    "contact": [{"name": {"text": "x"}}],
    "_birthDate": {"extension": [{"url": "urn:x", "valueBoolean": True}]},
}


DEAR = "(1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9)"
for _ in range(7):
    DEAR = f"(1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9).where({DEAR}.exists())"


def operation(type: str, path: str, value: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    listed = [{"name": "type", "valueCode": type}, {"name": "path", "valueString": path}]
    listed += [{"name": "value", **value}] if value else []
    for name, given in parts.items():
        listed.append({"name": name, "valueInteger" if isinstance(given, int) else "valueString": given})
    return {"name": "operation", "part": listed}


def patched(*operations: dict[str, Any]) -> dict[str, Any]:
    before = copy.deepcopy(BEFORE)
    after = fhirpath_patch({"resourceType": "Parameters", "parameter": list(operations)})(before)
    assert before == BEFORE
    assert validate(after) == []
    return after


def test_each_operation() -> None:
    assert patched(operation("replace", "Patient.gender", {"valueCode": "other"}))["gender"] == "other"
    assert patched(operation("add", "Patient", {"valueBoolean": True}, name="active"))["active"] is True
    added = patched(operation("add", "Patient.name[1]", {"valueString": "Z"}, name="given"))
    assert added["name"][1]["given"] == ["Z"]
    chosen = patched(operation("add", "Patient", {"valueBoolean": True}, name="deceasedBoolean"))
    assert chosen["deceasedBoolean"] is True
    inserted = patched(operation("insert", "Patient.name[0].given", {"valueString": "Z"}, index=1))
    assert inserted["name"][0]["given"] == ["A", "Z", "B", "C"]
    moved = patched(operation("move", "Patient.name.where(use = 'official').given", source=0, destination=2))
    assert moved["name"][0]["given"] == ["B", "C", "A"]
    assert not {"birthDate", "_birthDate"} & patched(operation("delete", "Patient.birthDate")).keys()
    assert "_birthDate" not in patched(operation("replace", "Patient.birthDate", {"valueDate": "1981"}))
    assert patched(operation("delete", "Patient.name.where(use = 'nickname')"))["name"] == BEFORE["name"][:1]
    assert "contact" not in patched(operation("delete", "Patient.contact.first()"))
    assert patched(operation("delete", "Patient.photo")) == BEFORE
    last = patched(operation("replace", "Patient.name.last().text", {"valueString": "y"}))
    assert last["name"][1]["text"] == "y"


def test_an_element_without_a_data_type_is_given_by_parts() -> None:
    name = {"name": "name", "valueHumanName": {"family": "Wu"}}
    phone = {"name": "telecom", "valueContactPoint": {"system": "phone", "value": "1"}}
    contact = operation("add", "Patient", {"part": [name, phone]}, name="contact")
    assert patched(contact)["contact"][1] == {"name": {"family": "Wu"}, "telecom": [{"system": "phone", "value": "1"}]}


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (operation("grow", "Patient"), BadRequest, "accepted are add"),
        (operation("replace", "Patient.gender"), BadRequest, "needs a value"),
        (operation("add", "Patient", {"valueCode": "x"}), BadRequest, "needs name"),
        (operation("insert", "Patient.name", {"valueHumanName": {"text": "x"}}), BadRequest, "needs index"),
        (operation("delete", "Patient.name("), BadRequest, "not FHIRPath"),
        (operation("delete", "Patient.name.count()"), BadRequest, "can't follow count"),
        (operation("delete", "'a'"), BadRequest, "can't follow this step"),
        (operation("delete", "Patient"), Invalid, "the resource itself"),
        (operation("replace", "$this", {"valueString": "x"}), Invalid, "the resource itself"),
        (operation("insert", "%resource", {"valueString": "x"}, index=0), Invalid, "the resource itself"),
        (operation("delete", "today()"), BadRequest, "can't follow today"),
        (operation("delete", "Patient.name.ofType(Nothing)"), BadRequest, "no type Nothing"),
        (operation("delete", "Patient.descendants().single()"), BadRequest, "single\\(\\) finds"),
        (operation("add", "Patient.name[0].given[0]", {"valueString": "x"}, name="id"), Invalid, "no element id"),
        (operation("delete", f"Patient.name.where({DEAR})"), BadRequest, "more steps"),
        (operation("delete", "Patient.name"), Invalid, "finds 2 elements"),
        (operation("replace", "Patient.photo", {"valueString": "x"}), Invalid, "finds 0 elements"),
        (operation("add", "Patient", {"valueCode": "x"}, name="foo"), Invalid, "no element foo"),
        (operation("add", "Patient", {"valueCode": "male"}, name="gender"), Invalid, "there already"),
        (operation("add", "Patient", {"valueBoolean": True}, name="deceased"), Invalid, "tell which"),
        (operation("move", "Patient.name", source=0, destination=2), Invalid, "has 2 elements"),
        (operation("insert", "Patient.gender", {"valueCode": "x"}, index=0), Invalid, "whole list"),
        (operation("replace", "Patient.id", {"valueId": "2"}), Invalid, "can't change id"),
        ({"name": "other", "valueString": "x"}, BadRequest, "only operation"),
    ],
)
def test_what_is_refused(bad: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        patched(bad)


def test_paths_by_everything_that_selects_elements() -> None:
    def left(path: str) -> list[str]:
        """The family and given names that a delete leaves."""
        return [part for name in patched(operation("delete", path)).get("name", []) for part in spoken(name)]

    def spoken(name: dict[str, Any]) -> list[str]:
        return [name[key] for key in ("family", "text") if key in name] + name.get("given", [])

    assert left("Patient.name.tail()") == ["Li", "A", "B", "C"]
    assert left("name[0].given.skip(1).take(1)") == ["Li", "A", "C", "x"]
    assert left("Patient.name.given[name.given.count() - 1]") == ["Li", "A", "B", "x"]
    assert left("Patient.name.select(given.first())") == ["Li", "B", "C", "x"]
    assert left("Patient.name.where($index = 1)") == ["Li", "A", "B", "C"]
    assert left("Patient.descendants().where($this is HumanName and text = 'x' and use.exists())") == [
        *("Li", "A", "B", "C"),
    ]
    assert left("(Patient.photo | Patient.name.family)") == ["A", "B", "C", "x"]
    assert left("%resource.name.first().children().where($this = 'Li')") == ["A", "B", "C", "x"]
    assert left("Patient.name.where(given.where($this = 'B').exists()).given.where($this = 'B')") == [
        "Li",
        "A",
        "C",
        "x",
    ]
    assert patched(operation("delete", "Patient.repeat(contact)")).get("contact") is None
    assert patched(operation("replace", "Patient.contact.name.ofType(HumanName).text", {"valueString": "y"}))[
        "contact"
    ] == [{"name": {"text": "y"}}]


def test_extensions_also_of_primitives() -> None:
    parts = [{"name": "url", "valueUri": "urn:y"}, {"name": "value", "valueCode": "y"}]
    held = patched(operation("add", "Patient.gender", {"part": parts}, name="extension"))
    assert (held["gender"], held["_gender"]) == ("male", {"extension": [{"url": "urn:y", "valueCode": "y"}]})
    assert patched(operation("add", "Patient.birthDate", {"valueString": "b"}, name="id"))["_birthDate"]["id"] == "b"
    other = patched(operation("replace", "Patient.birthDate.extension('urn:x').value", {"valueBoolean": False}))
    assert other["_birthDate"] == {"extension": [{"url": "urn:x", "valueBoolean": False}]}
    coded = patched(operation("replace", "Patient.birthDate.extension('urn:x').value", {"valueCode": "z"}))
    assert coded["_birthDate"] == {"extension": [{"url": "urn:x", "valueCode": "z"}]}
    bare = patched(operation("delete", "Patient.birthDate.extension('urn:x')"))
    assert bare["birthDate"] == "1980-01-01"
    assert "_birthDate" not in bare


@pytest.mark.parametrize(
    "change",
    [
        operation("delete", "Patient.name.given[0]"),
        operation("move", "Patient.name.given", source=0, destination=1),
        operation("replace", "Patient.name.given[0]", {"valueString": "Z"}),
    ],
)
def test_extensions_of_single_values_never_come_to_describe_others(change: dict[str, Any]) -> None:
    described = {"given": ["A", "B"], "_given": [{"id": "x"}, None]}
    with pytest.raises(Invalid, match="only a JSON Patch"):
        fhirpath_patch({"resourceType": "Parameters", "parameter": [change]})({**BEFORE, "name": [described]})
