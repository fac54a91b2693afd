"""The filters of a value set as SQL conditions on concepts (FHIR R4, ValueSet.compose.include.filter)."""

from typing import Protocol

from xinglin.fhir import json
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.terminology.index import queries

OPERATORS = ("=", "is-a", "descendent-of", "is-not-a", "regex", "in", "not-in", "generalizes", "exists")
"""All operators of R4 (value set filter-operator)."""

_COLUMNS = frozenset({"code", "display", "definition"})
_HIERARCHY = ("concept", "code")


class Parameters(Protocol):
    """Keeps the values that go to the database with a query."""

    def parameter(self, value: object) -> str:
        """The name under which a value goes to the database."""


def compiled(query: Parameters, system: str, item: Resource) -> str:
    """The condition of one filter; `system` names the parameter with the system's number. Raises `BadRequest`."""
    name, op, value = item["property"], item["op"], item["value"]
    match op:
        case "is-a" | "descendent-of" | "is-not-a" | "generalizes":
            if name not in _HIERARCHY:
                raise _refused(f"{op} on {name}: accepted is {op} on concept")
            return _hierarchy(query, system, op, value)
        case "=":
            return _among(query, name, [value])
        case "in" | "not-in":
            found = _among(query, name, [part.strip() for part in value.split(",")])
            return found if op == "in" else f"NOT COALESCE({found}, false)"
        case "regex":
            return _regex(query, name, value)
        case "exists":
            return _exists(query, name, value)
    raise _refused(f"{op} is not supported; accepted are: {', '.join(OPERATORS)}")


def _hierarchy(query: Parameters, system: str, op: str, value: str) -> str:
    name = query.parameter(value)
    if op == "generalizes":
        return str(queries.filter_above.format(system=system, value=name))
    below = queries.filter_below.format(system=system, value=name)
    if op == "descendent-of":
        return str(below)
    either = f"({queries.filter_code.format(value=name)} OR {below})"
    return either if op == "is-a" else f"NOT {either}"


def _among(query: Parameters, name: str, values: list[str]) -> str:
    if name in ("parent", "child"):
        return str(getattr(queries, f"filter_{name}").format(values=query.parameter(values)))
    if name == "concept" or name in _COLUMNS:
        column = "code" if name == "concept" else name
        return str(queries.filter_column.format(column=column, values=query.parameter(values)))
    either = [
        queries.filter_property.format(value=query.parameter(json.dumps({name: [value]}).decode())) for value in values
    ]
    return f"({' OR '.join(either)})"


def _regex(query: Parameters, name: str, value: str) -> str:
    # It is the whole value that must match, as in all regular expressions of FHIR.
    pattern = query.parameter(f"^(?:{value})$")
    if name in _COLUMNS or name == "concept":
        column = "code" if name == "concept" else name
        return str(queries.filter_column_regex.format(column=column, value=pattern))
    return str(queries.filter_property_regex.format(name=query.parameter(name), value=pattern))


def _exists(query: Parameters, name: str, value: str) -> str:
    if value not in ("true", "false"):
        raise _refused(f"exists={value}: accepted are true and false")
    if name in ("parent", "child"):
        found = str(getattr(queries, f"filter_{name}_exists"))
    else:
        found = str(queries.filter_exists.format(name=query.parameter(name)))
    return found if value == "true" else f"NOT {found}"


def _refused(text: str) -> BadRequest:
    return BadRequest(text, expression="ValueSet.compose.include.filter", code="not-supported")
