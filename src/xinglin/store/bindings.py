"""Lets a validation ask terminology, which needs the database and can't be waited for in the middle of a resource.

A validation goes by what is told or else guessed: what was told before, and that a code that nobody asked for yet is in
its value set. Then all questions of a batch are asked at once, and what was validated by a wrong guess is done again.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TypeAlias, TypeVar

from xinglin.fhir.fhirpath.environment import MemberOf
from xinglin.fhir.outcome import Issue
from xinglin.fhir.types import Json

Question: TypeAlias = tuple[str, str | None, str]
"""URL of a value set, system, code; a code alone has no system."""

Answers: TypeAlias = dict[Question, bool | None]
"""Whether the value sets have the codes; None where that can't be told."""

Members: TypeAlias = Callable[[Collection[Question]], Awaitable[Mapping[Question, bool | None]]]
"""Answers every question."""

MOST = 100_000
"""Answers that are kept as guesses."""

T = TypeVar("T")


class _Asking:
    """Answers one validation as well as may be, and notes what it went by."""

    def __init__(self, told: Answers, guesses: Answers) -> None:
        self._told, self._guesses = told, guesses
        self.used: Answers = {}

    def member_of(self, _type: str, value: Json, url: str) -> bool | None:
        """Whether a value of a coded type has a code of a value set; None where that can't be told."""
        found = [self._answer((url, system, code)) for system, code in _codes(value)]
        if True in found:
            return True
        return None if None in found or not found else False

    def _answer(self, question: Question) -> bool | None:
        known = self._told if question in self._told else self._guesses
        answer = self.used[question] = known.get(question, True)
        return answer


async def decided(
    items: Sequence[T], check: Callable[[T, MemberOf], list[Issue]], members: Members, guesses: Answers
) -> list[list[Issue]]:
    """What `check` finds in each item when all that it asks is answered; the answers become guesses."""
    told: Answers = {}
    found: dict[int, list[Issue]] = {}
    waiting = list(range(len(items)))
    while waiting:
        used: dict[int, Answers] = {}
        for index in waiting:
            asking = _Asking(told, guesses)
            found[index] = check(items[index], asking.member_of)
            used[index] = asking.used
        if new := {question for own in used.values() for question in own} - told.keys():
            told |= await members(new)
        waiting = [index for index, own in used.items() if any(told[q] != answer for q, answer in own.items())]
    if len(guesses) > MOST:
        guesses.clear()
    guesses |= told
    return [found[index] for index in range(len(items))]


def _codes(value: Json) -> list[tuple[str | None, str]]:
    """(system, code) of a coded value."""
    if isinstance(value, str):
        return [(None, value)]
    if not isinstance(value, dict):
        return []
    codings = value.get("coding", [value])
    return [(coding.get("system"), coding["code"]) for coding in codings if "code" in coding]
