"""Snapshots made from differentials: beside the official ones, and by every rule that those don't use."""

from collections import defaultdict
from functools import cache
from typing import Any

import pytest

from tests.fhir.examples import examples
from xinglin.fhir import json
from xinglin.fhir.fhirpath.environment import Resolve
from xinglin.fhir.outcome import Invalid
from xinglin.fhir.types import Json
from xinglin.fhir.validation.profiles import Profiles
from xinglin.fhir.validation.snapshot import snapshot_of

OF_EACH_TYPE = 25
CORE = "http://hl7.org/fhir/StructureDefinition/"
# It slices FamilyMemberHistory.condition, which repeats, and tells no slicing.
NOT_EXPANDED = {CORE + "familymemberhistory-genetic"}


@cache
def official() -> tuple[dict[str, Json], dict[str, list[Json]]]:
    """R4's constraining profiles by URL, and some examples of each type."""
    profiles, some = {}, defaultdict(list)
    for name, text in examples():
        kind = name.partition("-")[0]
        if kind != "StructureDefinition" and len(some[kind]) >= OF_EACH_TYPE:
            continue
        resource = json.loads(text)
        if resource.get("derivation") == "constraint":
            profiles[resource["url"]] = resource
        some[resource["resourceType"]].append(resource)
    return profiles, some


def bare(profile: Json) -> Json:
    return {key: value for key, value in profile.items() if key != "snapshot"}


def test_differentials_decide_as_the_official_snapshots_do() -> None:
    profiles, some = official()
    by_snapshot = Profiles(profiles.get)
    by_differential = Profiles({url: bare(profile) for url, profile in profiles.items()}.get)
    compared = broken = 0
    for url, profile in profiles.items():
        if "snapshot" not in profile or url in NOT_EXPANDED:
            continue
        for resource in some.get(profile["type"], ()):
            expected = set(by_snapshot.validate(resource, [url]))
            assert set(by_differential.validate(resource, [url])) == expected, (url, resource.get("id"))
            compared, broken = compared + 1, broken + bool(expected)
    assert compared > 500
    assert broken > 100


def element(id: str, **further: Any) -> Json:
    """An ElementDefinition; its path is its id without slice names."""
    return {"id": id, "path": ".".join(step.partition(":")[0] for step in id.split(".")), **further}


def profile(*elements: Json, url: str = "urn:p", type: str = "Patient", base: str = "") -> Json:
    return {
        "resourceType": "StructureDefinition",
        "url": url,
        "type": type,
        "derivation": "constraint",
        "baseDefinition": base or CORE + type,
        "differential": {"element": list(elements)},
    }


def found(resource: Json, *profiles: Json) -> list[tuple[str | None, str]]:
    """Element and text of every issue of a resource by the first of these profiles."""
    known = Profiles({one["url"]: one for one in profiles}.get)
    return [(issue.expression, issue.diagnostics) for issue in known.validate(resource, [profiles[0]["url"]])]


def sliced(path: str, **further: Any) -> Json:
    return {"discriminator": [{"type": "value", "path": path}], "rules": "open", **further}


def test_a_profile_on_a_profile_on_r4() -> None:
    base = profile(element("Patient.gender", min=1), url="urn:base")
    derived = profile(element("Patient.birthDate", min=1), base="urn:base|1")
    known = {"urn:base|1": base, "urn:p": derived}
    issues = Profiles(known.get).validate({"resourceType": "Patient"}, ["urn:p"])
    assert [issue.expression for issue in issues] == ["Patient.gender", "Patient.birthDate"]


def test_slices_of_slices() -> None:
    numbers = profile(
        element("Patient.identifier", slicing=sliced("system")),
        element("Patient.identifier:card", sliceName="card", min=1, slicing=sliced("use")),
        element("Patient.identifier:card.system", fixedUri="urn:card"),
        element("Patient.identifier:card/old", sliceName="card/old", max="1"),
        element("Patient.identifier:card/old.use", fixedCode="old"),
        element("Patient.identifier:card/old.period", min=1),
    )
    card = {"system": "urn:card", "value": "1"}
    old = {**card, "use": "old", "period": {"end": "2020"}}

    def of(*identifiers: Json) -> list[tuple[str | None, str]]:
        return found({"resourceType": "Patient", "identifier": list(identifiers)}, numbers)

    assert of(card, old) == []
    assert of({"system": "urn:other", "use": "old"}, card) == []
    assert of({"system": "urn:other"})[0][1].startswith("at least 1 of the slice card must")
    assert of(card, old, old)[0][1].startswith("at most 1 of the slice card/old may")
    assert of({**card, "use": "old"})[0][0] == "Patient.identifier[0].period"


def test_choices_named_by_their_type() -> None:
    written = {**element("Observation.valueQuantity.code", min=1), "path": "Observation.valueQuantity.code"}
    only = profile(element("Observation.valueQuantity", min=1), written, type="Observation")
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    assert found({**observation, "valueQuantity": {"value": 1, "code": "mg"}}, only) == []
    assert found({**observation, "valueQuantity": {"value": 1}}, only)[0][0] == "Observation.value.code"
    assert any("string is not accepted" in text for _, text in found({**observation, "valueString": "a"}, only))
    by_slice = profile(
        element("Observation.value[x]:valueQuantity", sliceName="valueQuantity"),
        element("Observation.value[x]:valueQuantity.code", min=1),
        type="Observation",
    )
    assert found({**observation, "valueString": "a"}, by_slice) == []
    assert found({**observation, "valueQuantity": {"value": 1}}, by_slice)[0][0] == "Observation.value.code"


def test_content_references_datatypes_and_their_profiles() -> None:
    family = profile(element("HumanName.family", min=1), url="urn:name", type="HumanName")
    named = profile(element("Patient.name", type=[{"code": "HumanName", "profile": ["urn:name"]}]))
    patient = {"resourceType": "Patient", "name": [{"text": "a"}]}
    assert found(patient, named, family)[0][0] == "Patient.name[0].family"
    further = profile(element("Patient.name", type=[{"code": "HumanName", "profile": ["urn:name"]}]))
    further["differential"]["element"].append(element("Patient.name.given", min=1))
    assert {path for path, _ in found(patient, further, family)} == {"Patient.name[0].family", "Patient.name[0].given"}
    texts = profile(element("Questionnaire.item.text", min=1), type="Questionnaire")
    inner = {"linkId": "1.1", "type": "display"}
    questionnaire = {
        "resourceType": "Questionnaire",
        "status": "draft",
        "item": [{**inner, "text": "a", "item": [inner]}],
    }
    assert found(questionnaire, texts)[0][0] == "Questionnaire.item[0].item[0].text"


def test_contained_targets_are_held_to_target_profiles() -> None:
    named = profile(element("Practitioner.name", min=1), url="urn:named", type="Practitioner")
    type = [{"code": "Reference", "targetProfile": ["urn:named", CORE + "Organization"]}]
    doctor = profile(element("Patient.generalPractitioner", type=type))

    def of(contained: Json, reference: str = "#a") -> list[str | None]:
        patient = {"resourceType": "Patient", "contained": [{**contained, "id": "a"}]}
        issues = found({**patient, "generalPractitioner": [{"reference": reference}]}, doctor, named)
        return [path for path, _ in issues]

    assert of({"resourceType": "Practitioner", "name": [{"text": "a"}]}) == []
    assert of({"resourceType": "Organization"}) == []
    assert of({"resourceType": "Practitioner"}) == ["Patient.generalPractitioner[0]"]
    assert of({"resourceType": "Practitioner"}, "Practitioner/1") == []
    lost = {
        **doctor,
        "differential": {
            "element": [
                element("Patient.generalPractitioner", type=[{"code": "Reference", "targetProfile": ["urn:lost"]}])
            ]
        },
    }
    patient = {"resourceType": "Patient", "contained": [{"resourceType": "Practitioner", "id": "a"}]}
    assert found({**patient, "generalPractitioner": [{"reference": "#a"}]}, lost) == []


def test_other_targets_are_held_to_target_profiles_where_they_can_be_found() -> None:
    kin = [{"code": "Reference", "targetProfile": ["urn:linked"]}]
    linked = profile(
        element("Patient.name", min=1),
        element("Patient.generalPractitioner", type=kin),
        url="urn:linked",
        type="Patient",
    )
    types = [{"code": "Reference", "targetProfile": ["urn:linked", CORE + "RelatedPerson"]}]
    linking = profile(element("Patient.link.other", type=types))
    known = {"urn:p": linking, "urn:linked": linked}
    named = {"resourceType": "Patient", "name": [{"text": "a"}]}
    stored: dict[str, Json] = {
        "Patient/named": named,
        "Patient/nameless": {"resourceType": "Patient"},
        # What targets refer to in turn is not looked at: it may come back to where it began.
        "Patient/circle": {**named, "generalPractitioner": [{"reference": "Patient/nameless"}]},
    }
    sought: list[str] = []

    def find(reference: str) -> Json | None:
        sought.append(reference)
        return stored.get(reference)

    def of(reference: str, resolve: Resolve | None = find) -> list[str]:
        patient = {"resourceType": "Patient", "link": [{"other": {"reference": reference}, "type": "seealso"}]}
        issues = Profiles(known.get, resolve_reference=resolve).validate(patient, ["urn:p"])
        return [f"{issue.severity} {issue.expression}" for issue in issues]

    place = "Patient.link[0].other"
    assert of("Patient/named") == of("Patient/circle") == []
    assert of("Patient/nameless") == [f"error {place}"]
    assert of("Patient/none") == of("urn:uuid:00000000-0000-4000-8000-000000000000") == [f"warning {place}"]
    sought.clear()
    assert of("RelatedPerson/none") == of("Patient/none", None) == []
    assert sought == []
    del known["urn:linked"]
    assert of("Patient/nameless") == []


def test_elements_without_ids_stand_where_their_path_and_slice_say() -> None:
    listed = [
        element("Patient.telecom", slicing=sliced("system")),
        element("Patient.telecom:phone", sliceName="phone", min=1),
        element("Patient.telecom:phone.system", fixedCode="phone"),
    ]
    without = profile(*({key: value for key, value in e.items() if key != "id"} for e in listed))
    assert snapshot_of(without, lambda _: None) == snapshot_of(profile(*listed), lambda _: None)


@pytest.mark.parametrize(
    ("faulty", "where", "text"),
    [
        (profile(element("Patient.nickname")), "StructureDefinition.differential.element[0]", "no element nickname"),
        (profile(element("Patient.name.nick")), "StructureDefinition.differential.element[0]", "no element nick"),
        (profile(element("Group.name")), "StructureDefinition.differential.element[0]", "not an element of Patient"),
        (profile(element("Patient.name:a", sliceName="a")), "StructureDefinition.differential.element[0]", "sliced"),
        (profile(element("Patient.name:a.given")), "StructureDefinition.differential.element[0]", "no slice a"),
        (profile(element("Patient.gender", max="2")), "StructureDefinition.differential.element[0]", "0..2 is wider"),
        (profile(base="urn:none"), "StructureDefinition.baseDefinition", "urn:none is not known"),
        (profile(base="urn:p"), None, "without end: urn:p → urn:p"),
    ],
)
def test_what_does_not_fit_the_base_is_told(faulty: Json, where: str | None, text: str) -> None:
    with pytest.raises(Invalid, match=text) as error:
        snapshot_of(faulty, {"urn:p": faulty}.get)
    assert error.value.issues[0].expression == where
