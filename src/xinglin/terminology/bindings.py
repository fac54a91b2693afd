"""Bindings of profiles, decided by the value sets that are known here (FHIR R4, Terminologies, Binding strength)."""

from typing import TypeAlias

from xinglin.fhir.outcome import FhirError, NotFound
from xinglin.fhir.types import Json, Resource
from xinglin.store.repository import Repository
from xinglin.terminology.expansion import validate_code
from xinglin.terminology.valuesets import value_set

_Question: TypeAlias = tuple[str, str | None, str]
# URL of the value set, system, code.


class Bindings:
    """Tells a validation whether coded values are in value sets.

    A validation can't wait for the database: what isn't known yet is noted as a question, and can't be told. When
    `answer` has answered something, the validation is to be done again.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._known: dict[_Question, bool | None] = {}
        self._open: dict[_Question, None] = {}

    def member_of(self, _type: str, value: Json, url: str) -> bool | None:
        """Whether a value of a coded type has a code of a value set; None where that can't be told, or not yet."""
        found = [self._told((url, system, code)) for system, code in _codes(value)]
        if True in found:
            return True
        return None if None in found or not found else False

    def _told(self, question: _Question) -> bool | None:
        if question not in self._known:
            self._open[question] = None
        return self._known.get(question)

    async def answer(self) -> bool:
        """Answers what is open; whether there was anything."""
        asked = list(self._open)
        self._open.clear()
        sets: dict[str, Resource | None] = {}
        for question in asked:
            url = question[0]
            if url not in sets:
                sets[url] = await self._value_set(url)
            self._known[question] = await self._decided(sets[url], question)
        return bool(asked)

    async def _value_set(self, url: str) -> Resource | None:
        try:
            return await value_set(self._repository, url)
        except NotFound:
            return None

    async def _decided(self, resource: Resource | None, question: _Question) -> bool | None:
        if resource is None:
            return None
        _, system, code = question
        try:
            async with self._repository.connection.transaction():  # a savepoint: a filter may fail in the database
                return (await validate_code(self._repository, resource, system, code)).result
        except FhirError:
            return None  # its code systems are not here, or its filters not supported: nobody's fault


def _codes(value: Json) -> list[tuple[str | None, str]]:
    """(system, code) of a coded value; a code alone has no system."""
    if isinstance(value, str):
        return [(None, value)]
    if not isinstance(value, dict):
        return []
    codings = value.get("coding", [value])
    return [(coding.get("system"), coding["code"]) for coding in codings if "code" in coding]
