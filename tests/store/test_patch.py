"""JSON Patch, by the rules and examples of RFC 6902."""

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.fhir.outcome import BadRequest, Invalid
from xinglin.store.patch import json_patch, same

BEFORE = {
    "resourceType": "Patient",
    "id": "1",
    "active": True,
    "name": [{"family": "Li", "given": ["A", "B"]}, {"text": "x/y~z"}],
    "a/b~c": 1.5,
}


def patched(*operations: dict[str, Any]) -> dict[str, Any]:
    before = copy.deepcopy(BEFORE)
    after = json_patch(list(operations))(before)
    assert before == BEFORE, "the resource itself stays as it is"
    return after


def test_each_operation() -> None:
    assert patched({"op": "add", "path": "/gender", "value": "male"})["gender"] == "male"
    assert patched({"op": "add", "path": "/name/0/given/1", "value": "C"})["name"][0]["given"] == ["A", "C", "B"]
    assert patched({"op": "add", "path": "/name/0/given/-", "value": "C"})["name"][0]["given"] == ["A", "B", "C"]
    assert patched({"op": "add", "path": "/name/0/given/2", "value": "C"})["name"][0]["given"] == ["A", "B", "C"]
    assert "active" not in patched({"op": "remove", "path": "/active"})
    assert patched({"op": "remove", "path": "/name/0"})["name"] == [{"text": "x/y~z"}]
    assert patched({"op": "replace", "path": "/name/0/given/0", "value": "Z"})["name"][0]["given"] == ["Z", "B"]
    assert patched({"op": "move", "from": "/name/1", "path": "/name/0"})["name"][0] == {"text": "x/y~z"}
    moved = patched({"op": "move", "from": "/name/0/given", "path": "/given"})
    assert (moved["given"], moved["name"][0]) == (["A", "B"], {"family": "Li"})
    copied = patched({"op": "copy", "from": "/name/0", "path": "/name/-"})
    assert copied["name"][2] == copied["name"][0]
    assert copied["name"][2] is not copied["name"][0]
    assert patched({"op": "test", "path": "/a~1b~0c", "value": Decimal("1.50")}) == BEFORE
    assert patched() == BEFORE


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/gender"},
        {"op": "remove", "path": "/name/2"},
        {"op": "remove", "path": "/name/-"},
        {"op": "replace", "path": "/gender", "value": "male"},
        {"op": "replace", "path": "/name/01", "value": {}},
        {"op": "add", "path": "/name/3", "value": {}},
        {"op": "add", "path": "/contact/name", "value": {}},
        {"op": "add", "path": "/active/x", "value": 1},
        {"op": "copy", "from": "/gender", "path": "/x"},
        {"op": "test", "path": "/active", "value": 1},
        {"op": "test", "path": "/gender", "value": None},
        {"op": "replace", "path": "", "value": []},
        {"op": "replace", "path": "/id", "value": "2"},
        {"op": "remove", "path": ""},
        {"op": "replace", "path": "/resourceType", "value": "Group"},
    ],
)
def test_what_can_not_be_applied_is_invalid(operation: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        patched(operation)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "array"),
        (["x"], "JSON object"),
        ([{"op": "grow", "path": ""}], "accepted are add"),
        ([{"op": "add", "path": "/x"}], "needs a value"),
        ([{"op": "remove", "path": "x"}], "JSON Pointer"),
        ([{"op": "remove"}], "JSON Pointer"),
        ([{"op": "copy", "path": "/x"}], "from is None"),
        ([{"op": "move", "from": "/name", "path": "/name/0"}], "into itself"),
    ],
)
def test_what_is_no_patch_is_a_bad_request(document: Any, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        json_patch(document)


def test_copies_can_not_grow_without_end() -> None:
    doubling = [{"op": "copy", "from": "/name", "path": f"/name/0/x{n}"} for n in range(60)]
    with pytest.raises(Invalid, match="copies more than"):
        patched(*doubling)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=2), children, max_size=3),
)


@given(JSON_VALUES, JSON_VALUES)
def test_a_value_put_somewhere_is_found_there_and_can_be_taken_away(before: Any, value: Any) -> None:
    resource = {"resourceType": "Basic", "id": "1", "x": before}
    added = json_patch([{"op": "add", "path": "/y", "value": value}, {"op": "test", "path": "/y", "value": value}])
    after = added(resource)
    assert same(after, {**resource, "y": value})
    assert same(json_patch([{"op": "remove", "path": "/y"}])(after), resource)
