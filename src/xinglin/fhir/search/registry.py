"""The search parameters that can be used, by resource type."""

from dataclasses import dataclass
from functools import cache

from xinglin.fhir.definitions import SearchDefinition, resource_types, search_definitions
from xinglin.fhir.fhirpath import Branch, compile_path

INDEXED = frozenset({"token", "reference", "string", "date", "uri"})
"""Types of search parameters that are indexed. The others of R4 are number, quantity, composite and special."""

_EVERYWHERE = ("Resource", "DomainResource")
# These two have columns of their own and need no terms.
_COLUMNS = frozenset({"_id", "_lastUpdated"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter on one resource type; `branches` pick its values out of a resource of that type."""

    code: str
    type: str
    targets: frozenset[str]
    branches: tuple[Branch, ...]


@cache
def _by_base() -> dict[str, list[SearchDefinition]]:
    found: dict[str, list[SearchDefinition]] = {}
    for definition in search_definitions():
        if definition.type in INDEXED:
            for base in definition.bases:
                found.setdefault(base, []).append(definition)
    return found


@cache
def parameters(type_name: str) -> dict[str, Parameter]:
    """Code → parameter of every indexed search parameter of a resource type, without `_id` and `_lastUpdated`."""
    if type_name not in resource_types():
        return {}
    found = {}
    for base in (type_name, *_EVERYWHERE):
        for d in _by_base().get(base, ()):
            if d.code not in _COLUMNS:
                branches = compile_path(d.expression, type_name).branches
                found[d.code] = Parameter(d.code, d.type, d.targets, branches)
    return dict(sorted(found.items()))
