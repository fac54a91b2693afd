"""Reads `:above` and `:below` of codes and references (FHIR R4, Search, modifiers): through a hierarchy of them."""

from collections.abc import Mapping
from functools import cache

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search.escapes import split, unescaped
from xinglin.fhir.search.query import AnyOf, Filter, HierarchyFilter, SubsumptionFilter
from xinglin.fhir.search.registry import Parameter, parameters
from xinglin.fhir.search.terms import parameter_term
from xinglin.fhir.search.values import reference_spellings

PARENTS = ("partof", "part-of")
"""Codes of the parameters by which a resource refers to the one of its own type that it is a part of."""


def hierarchy_filter(type_name: str, parameter: Parameter, modifier: str, values: list[str]) -> Filter:
    """The filter for values with `:above` or `:below`; what is asked for counts itself. Raises `BadRequest`.

    `code:below=system|code` finds codes that this one subsumes, `code:above` those that subsume it.
    """
    above = modifier == "above"
    if parameter.type == "token":
        found = [_subsumption(type_name, parameter, value, above) for value in values]
    else:
        found = [each for value in values for each in _hierarchy(type_name, parameter, value, above)]
    return found[0] if len(found) == 1 else AnyOf(tuple(found))


def _named(parameter: Parameter, above: bool, value: str) -> str:
    return f"{parameter.code}:{'above' if above else 'below'}={value}"


def _subsumption(type_name: str, parameter: Parameter, value: str, above: bool) -> Filter:
    parts = [unescaped(part) for part in split("|", value)]
    if len(parts) != 2 or not all(parts):
        text = f"{_named(parameter, above, value)} is not accepted; accepted is system|code, which has an order"
        raise BadRequest(text)
    system, code = parts
    return SubsumptionFilter(type_name, parameter.code, system, code, above)


def _hierarchy(type_name: str, parameter: Parameter, value: str, above: bool) -> list[Filter]:
    found: list[Filter] = []
    known: Mapping[str, str] = parents()
    for spelled in reference_spellings(parameter, "", value):
        target, slash, id = spelled.partition("/")
        if slash and target in known:
            parent = parameter_term(target, known[target])
            found.append(HierarchyFilter(type_name, parameter.code, target, id, above, parent))
    if not found:
        accepted = ", ".join(sorted(known))
        raise BadRequest(
            f"{_named(parameter, above, value)} is not supported; accepted are references to what can be a part of its "
            f"own kind: {accepted}",
            code="not-supported",
        )
    return found


@cache
def parents() -> dict[str, str]:
    """Resource type → the parameter by which its resources refer to the one that they are a part of."""
    return {
        target: code
        for target in resource_types()
        for code in PARENTS
        if (parent := parameters(target).get(code)) and target in parent.targets
    }
