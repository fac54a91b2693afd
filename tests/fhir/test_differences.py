"""Differences between versions, and canonical forms."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from xinglin.fhir import json
from xinglin.fhir.canonical import canonical, canonical_json
from xinglin.fhir.differences import Difference, differences

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
resources = st.dictionaries(st.sampled_from(["a", "b", "c"]), values).map(lambda v: {"resourceType": "Basic", **v})


def test_elements_are_named_by_their_paths() -> None:
    before = {"resourceType": "Composition", "meta": {"versionId": "1"}, "title": "x", "section": [{"title": "a"}]}
    after = {
        "resourceType": "Composition",
        "meta": {"versionId": "2"},
        "status": "final",
        "section": [{"title": "b"}, {"title": "c"}],
    }
    assert differences(before, after) == [
        Difference("Composition.title", "x", None),
        Difference("Composition.section[0].title", "a", "b"),
        Difference("Composition.section[1]", None, {"title": "c"}),
        Difference("Composition.status", None, "final"),
    ]
    assert differences(before, before) == []
    (told,) = differences({"resourceType": "Basic", "x": 1}, {"resourceType": "Basic", "x": True})
    assert (told.before, told.after) == (1, True)


def test_the_canonical_form_is_that_of_rfc_8785() -> None:
    # RFC 8785, 3.2.2 and 3.2.3.
    text = (
        r'{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001], "literals": [null, true]}'
    )
    read = __import__("json").loads(text)
    assert canonical_json(read) == b'{"literals":[null,true],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}'
    assert canonical_json({"\u20ac": 1, "\r": 2, "1": 3}) == '{"\\r":2,"1":3,"\u20ac":1}'.encode()


def test_a_number_is_another_one_when_it_is_written_otherwise() -> None:
    one, other = (json.loads(f'{{"resourceType":"Basic","x":{number}}}') for number in ("1.50", "1.5"))
    assert canonical(one) != canonical(other)
    assert canonical({"resourceType": "Basic", "x": Decimal("1.50")}) == canonical(one)


@given(resources, resources)
def test_no_difference_means_one_canonical_form(one: dict[str, object], other: dict[str, object]) -> None:
    assert canonical({**one, "meta": {"versionId": "1"}}) == canonical(dict(reversed(list(one.items()))))
    if canonical(one) != canonical(other):
        assert differences(one, other)
