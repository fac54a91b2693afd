"""What a validation asks of terminology, which answers a batch of questions at a time."""

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.fhir.fhirpath.environment import MemberOf
from xinglin.fhir.outcome import Issue
from xinglin.store.bindings import Answers, Question, decided

SETS: dict[str, set[str] | None] = {"urn:vs:1": {"a", "b"}, "urn:vs:2": {"b", "c"}, "urn:vs:unknown": None}

codes = st.sampled_from("abcd").map(lambda code: {"system": "urn:s", "code": code})
values = st.one_of(
    st.sampled_from("abcd"), codes, st.lists(codes, max_size=3).map(lambda codings: {"coding": codings, "text": "x"})
)
items = st.lists(st.tuples(st.sampled_from(list(SETS)), values), max_size=4)
guessed = st.dictionaries(
    st.tuples(st.sampled_from(list(SETS)), st.sampled_from([None, "urn:s"]), st.sampled_from("abcd")),
    st.sampled_from([True, False, None]),
)


class Terminology:
    """Answers by `SETS`, and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Question] = []

    async def members(self, questions: Collection[Question]) -> Answers:
        self.asked += questions
        return {(url, s, code): None if (known := SETS[url]) is None else code in known for url, s, code in questions}


def holds(url: str, value: Any) -> bool | None:
    """Whether a value has a code of a value set, without asking anybody."""
    codings = [value] if isinstance(value, str) or "coding" not in value else value["coding"]
    plain = [coding if isinstance(coding, str) else coding["code"] for coding in codings]
    known = SETS[url]
    if not plain or known is None:
        return None
    return any(code in known for code in plain)


def check(item: list[tuple[str, Any]], member_of: MemberOf) -> list[Issue]:
    """An issue for each value that is outside; what comes after one is not looked at."""
    for number, (url, value) in enumerate(item):
        if member_of("CodeableConcept", value, url) is False:
            return [Issue("error", "code-invalid", f"{number}")]
    return []


@given(st.lists(items, max_size=4), guessed)
async def test_whatever_was_guessed_the_answers_count(batch: list[Any], guesses: Answers) -> None:
    terminology = Terminology()
    found = await decided(batch, check, terminology.members, guesses)
    expected = [
        next(([f"{number}"] for number, (url, value) in enumerate(item) if holds(url, value) is False), [])
        for item in batch
    ]
    assert [[issue.diagnostics for issue in issues] for issues in found] == expected
    assert len(terminology.asked) == len(set(terminology.asked))


async def test_a_code_is_asked_for_once_in_a_batch_and_checked_once_where_the_guess_was_right() -> None:
    checked = 0

    def counted(item: list[tuple[str, Any]], member_of: MemberOf) -> list[Issue]:
        nonlocal checked
        checked += 1
        return check(item, member_of)

    terminology, guesses = Terminology(), Answers()
    batch = [[("urn:vs:1", "a")], [("urn:vs:1", "a")], [("urn:vs:1", "d")]]
    assert [bool(issues) for issues in await decided(batch, counted, terminology.members, guesses)] == [0, 0, 1]
    assert (sorted(terminology.asked), checked) == ([("urn:vs:1", None, "a"), ("urn:vs:1", None, "d")], 4)
    checked = 0
    assert [bool(issues) for issues in await decided(batch, counted, terminology.members, guesses)] == [0, 0, 1]
    assert checked == 3


@pytest.mark.parametrize("value", [None, 1, {"text": "x"}, {"coding": [{"system": "urn:s"}]}])
async def test_what_has_no_code_can_not_be_told(value: Any) -> None:
    terminology = Terminology()
    assert await decided([[("urn:vs:1", value)]], check, terminology.members, {}) == [[]]
    assert terminology.asked == []
