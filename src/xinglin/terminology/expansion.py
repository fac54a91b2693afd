"""Expands value sets, page by page, and tells whether a code is in one (FHIR R4, ValueSet, $expand, $validate-code)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from psycopg.errors import InvalidRegularExpression

from xinglin.fhir import json
from xinglin.fhir.outcome import BadRequest, FhirError
from xinglin.fhir.types import Resource
from xinglin.store.cursors import execute
from xinglin.store.repository import Repository
from xinglin.terminology.index import queries
from xinglin.terminology.lookup import in_language
from xinglin.terminology.members import Members
from xinglin.terminology.names import plain
from xinglin.terminology.valuesets import value_set

LARGEST = 10_000
"""Members of an expansion, or of a page of it, at most."""

_NAMESPACE = UUID("a3f1b5de-2f0c-4f8e-9a5e-3d0f6a3b7c21")


class TooCostly(FhirError):
    """The expansion is larger than the server gives at once."""

    status, code = 422, "too-costly"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an expansion is wanted: members that contain `text`, `count` of them from `offset` on.

    `language`: displays in it, where there are any. `designations`: all names of each member.
    """

    text: str = ""
    offset: int = 0
    count: int | None = None
    active_only: bool = False
    language: str | None = None
    designations: bool = False


async def expand(repository: Repository, resource: Resource, wanted: Wanted) -> Resource:
    """The value set with its expansion.

    Raises `NotFound` for a code system or value set that is not known, `TooCostly` where more than `LARGEST` members
    would come at once, `BadRequest` for filters that are not supported.
    """
    query = Members(repository, wanted.text)
    members = await query.of(resource)
    if wanted.active_only:
        members = queries.within.format(members=members, conditions="m.active")
    limit = LARGEST if wanted.count is None else min(wanted.count, LARGEST)
    total = int((await _rows(repository, queries.count_members.format(members=members), query))[0][0])
    if wanted.count is None and total - wanted.offset > LARGEST:
        raise TooCostly(f"The expansion has {total:,} codes; ask for pages with count (at most {LARGEST:,}) and offset")
    order = "length(display), part, position, code" if query.text else "part, position, code"
    template = queries.page_of_single if query.single else queries.page_of_members
    query.parameters |= {"offset": wanted.offset, "limit": limit}
    rows = await _rows(repository, template.format(members=members, order=order), query) if limit else []
    return _expanded(repository, resource, wanted, total, [_contained(row, wanted) for row in rows])


async def codes_of(repository: Repository, url: str) -> list[tuple[str, str]]:
    """(system, code) of all members of a value set, for a search by `:in`. Raises as `expand` does."""
    query = Members(repository)
    members = await query.of(await value_set(repository, url))
    rows = await _rows(repository, queries.codes_of_members.format(members=members), query)
    if len(rows) > LARGEST:
        raise TooCostly(f"{url} has more than {LARGEST:,} codes, the most that a search takes")
    return [(system, code) for system, code in rows]


async def _rows(repository: Repository, sql: str, query: Members) -> list[tuple[Any, ...]]:
    try:
        return await (await execute(repository.connection, sql, query.parameters, prepare=False)).fetchall()
    except InvalidRegularExpression as error:
        raise BadRequest(
            f"regex: {error.diag.message_primary}", expression="ValueSet.compose.include.filter", code="value"
        ) from error


def _contained(row: tuple[Any, ...], wanted: Wanted) -> Resource:
    system, code, display, active, abstract, designations = row
    names = json.loads(designations) if designations else []
    found: Resource = {"system": system} if system else {}
    found |= {"abstract": True} if abstract else {}
    found |= {} if active else {"inactive": True}
    found["code"] = code
    if display:
        found["display"] = in_language(display, names, wanted.language)
    return found | ({"designation": names} if names and wanted.designations else {})


def _expanded(
    repository: Repository, resource: Resource, wanted: Wanted, total: int, contains: list[Resource]
) -> Resource:
    parameters: list[Resource] = []
    if wanted.text:
        parameters.append({"name": "filter", "valueString": wanted.text})
    if wanted.active_only:
        parameters.append({"name": "activeOnly", "valueBoolean": True})
    if wanted.language:
        parameters.append({"name": "displayLanguage", "valueCode": wanted.language})
    moment = repository.now.isoformat("T", "milliseconds")
    named = f"{resource.get('url', '')} {wanted} {moment}"
    expansion: Resource = {
        "identifier": f"urn:uuid:{uuid5(_NAMESPACE, named)}",
        "timestamp": moment,
        "total": total,
        "offset": wanted.offset,
        **({"parameter": parameters} if parameters else {}),
        **({"contains": contains} if contains else {}),
    }
    return {**{k: v for k, v in resource.items() if k not in ("compose", "expansion", "text")}, "expansion": expansion}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a code is valid; `message` tells why it is not, `display` is what it is called.

    `ambiguous`: a code without a system that the value set has of several.
    """

    result: bool
    message: str | None = None
    display: str | None = None
    ambiguous: bool = False


async def validate_code(
    repository: Repository, resource: Resource, system: str | None, code: str, display: str | None = None
) -> Verdict:
    """Whether a code is in a value set; without a `system`, whether exactly one code like this is.

    Raises as `expand` does.
    """
    query = Members(repository)
    members = await query.of(resource)
    query.parameters |= {"code": code, "system": system}
    name = resource.get("url") or f"ValueSet/{resource.get('id', '?')}"
    if system is None:
        found = await _rows(repository, queries.member_without_system.format(members=members), query)
        if len({row[0] for row in found}) > 1:
            return Verdict(False, f"{name} has {code} of several code systems; tell the system", ambiguous=True)
        rows = [row[1:] for row in found]
    else:
        rows = await _rows(repository, queries.one_member.format(members=members), query)
    if not rows:
        shown = f"{system}|{code}" if system else code
        return Verdict(False, f"{shown} is not in {name}")
    shown, _active, designations = rows[0]
    return checked(shown, json.loads(designations) if designations else [], display)


def checked(shown: str | None, designations: list[Resource], display: str | None) -> Verdict:
    """The verdict on a code that is valid, by the display that was given for it."""
    names = {plain(name) for name in (shown, *(item["value"] for item in designations)) if name}
    if display is None or not names or plain(display) in names:
        return Verdict(True, None, shown)
    return Verdict(False, f"The display {display!r} is not right; it is {shown!r}", shown)
