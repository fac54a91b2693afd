"""Reads and runs a search by the parameters that are in force while it runs."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from xinglin.fhir.search import Query, SearchParameters, parse_query
from xinglin.fhir.search.criteria import UnknownParameter, compartment_filter
from xinglin.fhir.search.values import Context
from xinglin.store import parameters
from xinglin.store.access import ensure_not_looking, limited
from xinglin.store.searching import SearchPage

if TYPE_CHECKING:
    from xinglin.store.repository import Repository

Params = str | Iterable[tuple[str, str]]


async def search(
    repository: "Repository", type: str, params: Params, *, lenient: bool, compartment: tuple[str, str] | None
) -> SearchPage:
    """The page of a search; see `Repository.search`.

    Where it uses a parameter that R4 does not have, and another set of parameters came into force before it was over,
    it runs again: only then is it sure that what it went by was indexed all the time.
    """
    pairs = parse_qsl(params, keep_blank_values=True) if isinstance(params, str) else list(params)
    while True:
        query = await read(repository, type, pairs, lenient=lenient, compartment=compartment)
        ensure_not_looking(query, repository.access)
        page = await repository.run(query)
        if not query.known.mentioned(pairs):
            return page
        if await parameters.version_of(repository.connection) == query.known.version:
            return page
        await parameters.refreshed(repository.connection)


async def read(
    repository: "Repository",
    type: str,
    pairs: Params,
    *,
    lenient: bool = False,
    compartment: tuple[str, str] | None = None,
) -> Query:
    """The parsed search. A parameter that is not known, or was not ready, may have come since: that is looked up."""
    connection = repository.connection
    known = await parameters.in_force(connection)
    pairs = pairs if isinstance(pairs, str) else list(pairs)

    def parsed(everything: SearchParameters) -> Query:
        known = limited(everything, repository.access)
        context = Context(repository.now, repository.zone, known)
        within = None if compartment is None else compartment_filter(*compartment, type, context)
        return parse_query(type, pairs, now=context.now, zone=context.zone, lenient=lenient, within=within, known=known)

    try:
        query = parsed(known)
    except UnknownParameter:
        fresh = await parameters.refreshed(connection)
        if fresh is known:
            raise
        return parsed(fresh)
    if not query.warnings or (fresh := await parameters.refreshed(connection)) is known:
        return query
    return parsed(fresh)
