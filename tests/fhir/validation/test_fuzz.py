"""Whatever comes in, validation answers with issues."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fhir.examples import example
from xinglin.fhir.outcome import Issue
from xinglin.fhir.types import Json
from xinglin.fhir.validation import validate

NAMES = (
    "Patient-example",
    "Observation-blood-pressure",
    "Bundle-bundle-example",
    "Questionnaire-3141",
    "Claim-MED-00050",
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(
        ["2020", "2020-02-30", "#", "#x", "<div/>", "Patient/1", [], {}, [None], {"id": "x"}, {"extension": []}]
    ).map(deepcopy),
)


def places(value: Json) -> list[tuple[Any, Any]]:
    """Every (container, key) below a value."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])
    return found


@pytest.mark.parametrize("name", NAMES)
def test_damaged_resources_get_issues_not_errors(name: str) -> None:
    original = example(name)

    @settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data())
    def damage(data: st.DataObject) -> None:
        resource = deepcopy(original)
        for _ in range(data.draw(st.integers(1, 3))):
            holder, key = data.draw(st.sampled_from(places(resource)))
            how = data.draw(st.sampled_from(["replace", "add", "remove", "copy"]))
            if how == "replace":
                holder[key] = data.draw(ODD)
            elif how == "remove":
                del holder[key]
            elif isinstance(holder, dict):
                target = key if how == "copy" else f"_{key}"
                holder[target] = (
                    deepcopy(data.draw(st.sampled_from(places(resource)))[0]) if how == "copy" else data.draw(ODD)
                )
            if not places(resource):
                break
        issues = validate(resource, warnings=True)
        assert all(isinstance(issue, Issue) and issue.expression for issue in issues)

    damage()
