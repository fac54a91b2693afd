"""Which patients something shows."""

from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.hospital import REGISTRY
from xinglin.kernel.disclosure import patients_in, references_in
from xinglin.kernel.view import Page, Row


class PlaceRow(Row):
    """A row with a patient."""

    patient: str
    note: str = ""


@dataclass
class Part:
    """A part of a screen."""

    inside: Any


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values as screens hold them, around leaves."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.lists(inner, max_size=3).map(tuple),
            st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
            st.builds(Part, inner),
            st.builds(lambda each: Page([each]), inner),
        ),
        max_leaves=8,
    )


LEAVES = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=5),
    st.binary(),
    st.sampled_from(["Patient/1", "Patient/1 is ill", "Encounter/2", "Patient/"]),
    st.builds(lambda letter: {"resourceType": "Patient", "id": letter}, st.sampled_from("ab")),
    st.builds(lambda letter: PlaceRow(key="Task/1", patient=f"Patient/{letter}"), st.sampled_from("ab")),
)


@given(value=nested(LEAVES))
def test_patients_are_found_however_deep_and_nothing_else_is(value: Any) -> None:
    text = repr(value)
    expected = {f"Patient/{id}" for id in "ab" if f"'id': '{id}'" in text or f"patient='Patient/{id}'" in text}
    found = patients_in(value)
    assert expected <= found <= {"Patient/1", *expected}
    assert ("Patient/1" in found) == ("'Patient/1'" in text)


def test_references_of_an_input_begin_with_the_patients() -> None:
    asked = {"visit": "Encounter/1", "who": "Patient/2", "text": "see Patient/3", "many": ["Patient/4"], "n": 1}
    assert references_in(asked) == ["Patient/2", "Encounter/1"]
    assert references_in(None) == []


def test_whoever_names_a_patient_in_a_row_carries_the_reference() -> None:
    for view in REGISTRY.views.values():
        if "patient_name" in view.row.model_fields:
            assert "patient" in view.row.model_fields, view.name
