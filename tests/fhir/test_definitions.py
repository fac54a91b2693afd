"""The table of R4 definitions."""

import pytest

from xinglin.fhir.definitions import (
    resource_types,
    search_definitions,
    source,
    supertypes,
    type_definition,
    uri_elements,
    value_set,
)


def test_all_types_of_r4_are_there_and_no_others() -> None:
    assert len(resource_types()) == 146
    assert {"Patient", "Observation", "Binary", "Bundle", "VisionPrescription"} <= resource_types()
    assert not {"Resource", "DomainResource", "SubscriptionStatus", "ViewDefinition"} & resource_types()


@pytest.mark.parametrize(
    ("type_name", "foreign"),
    [
        ("Meta", "project"),
        ("Meta", "compartment"),
        ("Binary", "url"),
        ("ResearchStudy", "associatedParty"),
        ("DeviceDefinition", "classification"),
        ("EvidenceVariable.characteristic", "definitionByCombination"),
    ],
)
def test_changes_that_the_package_made_to_r4_are_left_out(type_name: str, foreign: str) -> None:
    assert foreign not in type_definition(type_name).elements


def test_elements_have_bounds_types_bindings_and_targets() -> None:
    patient = type_definition("Patient").elements
    assert (patient["name"].min, patient["name"].max) == (0, 0)
    assert patient["gender"].binding == "http://hl7.org/fhir/ValueSet/administrative-gender"
    assert patient["deceased"].json_names().keys() == {"deceasedBoolean", "deceasedDateTime"}
    assert patient["managingOrganization"].types[0].targets == {"Organization"}
    assert patient["link"].types[0].name == "Patient.link"
    assert type_definition("Quantity").elements["comparator"].max == 1
    assert type_definition("Age").elements.keys() == type_definition("Quantity").elements.keys()
    assert type_definition("Questionnaire.item").elements["item"].types[0].name == "Questionnaire.item"


def test_every_type_that_an_element_names_is_defined() -> None:
    seen: set[str] = set()
    waiting = set(resource_types())
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for element in type_definition(name).elements.values():
            waiting |= {ref.name for ref in element.types} - seen
    assert len(seen) > 650


def test_unknown_type() -> None:
    with pytest.raises(KeyError):
        type_definition("Foo")


def test_value_sets_are_enumerated_where_they_can_be() -> None:
    genders = value_set("http://hl7.org/fhir/ValueSet/administrative-gender")
    assert genders == {"http://hl7.org/fhir/administrative-gender": {"male", "female", "other", "unknown"}}
    assert value_set("http://hl7.org/fhir/ValueSet/mimetypes") is None


def test_supertypes_and_search_parameters() -> None:
    assert supertypes("Age") == {"Age", "Quantity", "Element"}
    assert supertypes("Patient") == {"Patient", "DomainResource", "Resource"}
    assert len(search_definitions()) > 1300
    assert {"system", "url", "valueUri"} <= uri_elements()
    assert "value" not in uri_elements()


def test_the_table_tells_where_it_is_from() -> None:
    assert "CC0" in source()["content"]
    assert len(source()["sha256"]) == 64
