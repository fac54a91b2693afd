"""Searches for what resources contain (`_contained`; FHIR R4, Search, Contained Resources).

Contained resources are rows of a table of their own, which the same conditions are asked of. Each search is planned for
its values.
"""

from collections.abc import Sequence

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.search import Query
from xinglin.fhir.search.query import Sort
from xinglin.store.access import Access, condition
from xinglin.store.conditions import Conditions
from xinglin.store.cursors import queries
from xinglin.store.statements import Statement, cut, read_cursor, sort_value
from xinglin.store.statistics import Statistics


def total(query: Query, statistics: Statistics, access: Access | None) -> Statement:
    """Counts what is given back: containers, or what is contained."""
    conditions = Conditions(statistics, hidden=False)
    sql = queries.contained_total.format(page=_page(query, conditions, (), access))
    return Statement(sql, conditions.parameters, False)


def page(query: Query, statistics: Statistics, access: Access | None) -> Statement:
    """The statement for a page: key, id, content, one column for each sort key, and then type and id of what contains
    it, or of the resource itself, with its own id within that. Raises `BadRequest` for a cursor of another search."""
    conditions = Conditions(statistics, hidden=False)
    rows = _page(query, conditions, query.sort, access)
    return cut(conditions, query, rows, read_cursor(query))


def _page(query: Query, conditions: Conditions, sort: Sequence[Sort], access: Access | None) -> str:
    sorts = [f"s{index}" for index in range(len(sort))]
    filters = conditions.all_of(query.filters, "r")
    valued = "".join(f", {sort_value(key, conditions)} AS {s}" for key, s in zip(sort, sorts, strict=True))
    kinds = ["contained_matches", "stored_matches"] if query.contained == "both" else ["contained_matches"]
    parts = (getattr(queries, kind).format(type=f"'{query.type}'", filters=filters, sorts=valued) for kind in kinds)
    matches, content = "\nUNION ALL\n".join(parts), "m.content"
    if query.contained_type == "container":
        firsts = (f", {'max' if key.descending else 'min'}({s}) AS {s}" for key, s in zip(sort, sorts, strict=True))
        matches, content = queries.of_containers.format(matches=matches, firsts="".join(firsts)), "c.content"
    carried = "".join(f", m.{s}" for s in sorts)
    visible = condition(access, sorted(resource_types()), "search", conditions, "c")
    return str(queries.contained_page.format(matches=matches, content=content, sorts=carried, visible=visible))
