"""Compiles a value set into one SQL query that gives its members (FHIR R4, ValueSet, compose).

Codes that are named one by one need no code system; everything else is read from the index. Text is looked for in both.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any

from xinglin.fhir.outcome import Invalid
from xinglin.fhir.types import Resource
from xinglin.store.cursors import execute
from xinglin.store.repository import Repository
from xinglin.terminology import filters
from xinglin.terminology.index import code_system, queries
from xinglin.terminology.lookup import known_system
from xinglin.terminology.names import like, plain, query_grams, spoken
from xinglin.terminology.valuesets import value_set

DEEPEST = 20
"""Value sets that may refer to one another in a row."""


class Members:
    """The query for the members of a value set. `single`: no member can come twice."""

    def __init__(self, repository: Repository, text: str = "") -> None:
        self.repository = repository
        self.text = plain(text)
        self.parameters: dict[str, Any] = {}
        self.single = False
        self._parts = count()
        self._path: list[str] = []

    def parameter(self, value: Any) -> str:
        """The name under which a value goes to the database."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return name

    async def of(self, resource: Resource) -> str:
        """The SQL for a value set. Raises `NotFound` for what it refers to and is not known, `Invalid` for what it
        should not say, `BadRequest` for filters that are not supported."""
        compose = resource.get("compose")
        if compose is None:
            contains = (resource.get("expansion") or {}).get("contains") or ()
            return await self._union([await self._listed(s, c) for s, c in _by_system(contains).items()])
        included = [await self._include(part) for part in compose["include"]]
        self.single = len(included) == 1 and not self._path
        members = await self._union(included)
        if excluded := [await self._include(part) for part in compose.get("exclude") or ()]:
            outside = queries.member_of.format(members=await self._union(excluded))
            members = queries.within.format(members=members, conditions=f"NOT {outside}")
        return members

    async def _union(self, parts: Sequence[str]) -> str:
        return "\nUNION ALL\n".join(f"({part})" for part in parts) or await self._listed("", [])

    async def _include(self, part: Resource) -> str:
        others = [await self._referred(url) for url in part.get("valueSet") or ()]
        if "system" in part:
            members = await self._system(part)
        elif others:
            members = others.pop(0)
        else:
            raise Invalid("An include of a value set needs a system or a valueSet", code="required")
        if not others:
            return members
        conditions = " AND ".join(queries.member_of.format(members=other) for other in others)
        return str(queries.within.format(members=members, conditions=conditions))

    async def _referred(self, url: str) -> str:
        if url in self._path or len(self._path) >= DEEPEST:
            raise Invalid(f"Value sets refer to one another without end: {' → '.join([*self._path, url])}")
        self._path.append(url)
        members = await self.of(await value_set(self.repository, url))
        self._path.pop()
        return members

    async def _system(self, part: Resource) -> str:
        if "concept" in part:
            if part.get("filter"):
                raise Invalid("An include names either concepts or filters (invariant vsd-3)")
            return await self._listed(part["system"], part["concept"])
        system = await known_system(self.repository, part["system"], part.get("version"))
        number = self.parameter(system.number)
        pieces = [filters.compiled(self, number, item) for item in part.get("filter") or ()]
        if self.text:
            pieces.append(self._containing(system.number))
        return str(
            queries.defined.format(
                part=next(self._parts),
                url=self.parameter(system.url),
                system=number,
                filters="".join(f"\nAND {piece}" for piece in pieces),
            )
        )

    def _containing(self, number: int) -> str:
        return str(
            queries.filter_text.format(
                system=self.parameter(number),
                grams=self.parameter(query_grams(number, self.text)),
                like=self.parameter(like(self.text)),
                start=self.parameter(like(self.text).removeprefix("%")),
            )
        )

    async def _listed(self, system: str, concepts: Sequence[Resource]) -> str:
        names = {item["code"]: item.get("display") for item in concepts}
        if None in names.values() and system and (found := await code_system(self.repository, system)):
            wanted = {"system": found.number, "codes": list(names)}
            rows = await execute(self.repository.connection, queries.displays, wanted)
            known = {code: display async for code, display in rows}
            names = {code: display or known.get(code) for code, display in names.items()}
        kept = {code: name for code, name in names.items() if self._fits(code, name)}
        return str(
            queries.listed.format(
                part=next(self._parts),
                url=self.parameter(system),
                codes=self.parameter(list(kept)),
                displays=self.parameter(list(kept.values())),
            )
        )

    def _fits(self, code: str, display: str | None) -> bool:
        if not self.text or code.casefold().startswith(self.text):
            return True
        name = plain(display or code)
        return any(self.text in text for text in (name, *spoken(name)) if text)


def _by_system(contains: Sequence[Resource]) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for item in contains:
        if "code" in item and not item.get("abstract"):
            found.setdefault(item.get("system", ""), []).append(item)
        for system, below in _by_system(item.get("contains") or ()).items():
            found.setdefault(system, []).extend(below)
    return found
