"""Parameters that shape a result instead of filtering it: order, size, what is added, how much of each resource."""

from collections.abc import Sequence

from xinglin.fhir.definitions import resource_types, type_definition
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search.blinding import hideable
from xinglin.fhir.search.criteria import COLUMNS, UnknownParameter, known_parameter
from xinglin.fhir.search.known import SearchParameters
from xinglin.fhir.search.query import Filter, Include, Query, Shape, Sort, WordsFilter
from xinglin.fhir.search.registry import Parameter
from xinglin.fhir.search.terms import parameter_number

DEFAULT_COUNT = 50
MAXIMAL_COUNT = 1000
RESULT_PARAMETERS = (
    "_contained",
    "_containedType",
    "_count",
    "_elements",
    "_include",
    "_revinclude",
    "_sort",
    "_summary",
    "_total",
)
"""Parameters that shape the result instead of filtering it."""

CONTAINED = ("false", "true", "both")
CONTAINED_TYPES = ("container", "contained")
SUMMARIES = ("true", "text", "data", "count", "false")
_SORTED = {"date": "date", "string": "string", "number": "number", "quantity": "number"}
"""Type of parameter → what its values are sorted as."""

_TEXTS = {
    "token": {
        **dict.fromkeys(("boolean", "code", "id", "string", "uri"), ""),
        "CodeableConcept": ".coding.code",
        "Coding": ".code",
        "ContactPoint": ".value",
        "Identifier": ".value",
    },
    "reference": {"Reference": ".reference", "canonical": "", "uri": ""},
    "uri": dict.fromkeys(("canonical", "oid", "uri", "url", "uuid"), ""),
}
"""Type of parameter → type of value → where in it the text is that it is sorted as: a code without its system."""


def read_count(values: Sequence[str]) -> int:
    """`_count`, at most 1,000; 50 where it isn't given."""
    if not values:
        return DEFAULT_COUNT
    if not (values[-1].isascii() and values[-1].isdigit()):
        raise BadRequest(f"_count={values[-1]} is not a number from 0 to {MAXIMAL_COUNT}")
    return min(int(values[-1][:9]), MAXIMAL_COUNT)


def read_total(values: Sequence[str]) -> bool:
    """Whether the matches are counted. An estimate is not cheaper than the count here, so it is accurate."""
    if values and values[-1] not in ("none", "estimate", "accurate"):
        raise BadRequest(f"_total={values[-1]} is not supported; accepted are none, estimate and accurate")
    return bool(values) and values[-1] != "none"


def read_sort(type_name: str, values: Sequence[str], known: SearchParameters) -> tuple[Sort, ...]:
    """`_sort`: keys by comma, - before those that descend."""
    found = []
    for key in (key for value in values for key in value.split(",") if key):
        name, descending = key.removeprefix("-"), key.startswith("-")
        parameter = known_parameter(type_name, name, known) if name in known.of(type_name) else None
        if parameter is not None and hideable(type_name, parameter, known.blinding):
            text = f"_sort={key} is not supported: values of {name} are encrypted here, and found only as a whole"
            raise BadRequest(text, code="not-supported")
        if name in COLUMNS:
            found.append(Sort("id" if name == "_id" else "updated", descending))
        elif parameter is not None and parameter.type in _SORTED:
            found.append(Sort(_SORTED[parameter.type], descending, parameter_number(type_name, name)))
        elif parameter is not None and (paths := _paths(parameter)):
            found.append(Sort("text", descending, paths=paths))
        else:
            sortable = (p.code for p in known.of(type_name).values() if p.type in _SORTED or _paths(p))
            text = f"_sort={key} is not supported; accepted are: {', '.join([*COLUMNS, *sortable])}"
            raise UnknownParameter(text) if parameter is None else BadRequest(text)
    return tuple(found)


def _paths(parameter: Parameter) -> tuple[str, ...]:
    """Where the texts are by which a code, reference or URI is sorted; empty where a path can't say it."""
    texts = _TEXTS.get(parameter.type, {})
    branches = [branch for branch in parameter.branches if branch.type in texts]
    if not all(branch.sought for branch in branches):
        return ()
    return tuple(f"{path}{texts[branch.type]}[*]" for branch in branches for path in branch.sought)


def read_include(value: str, type_name: str, name: str, modifier: str, known: SearchParameters) -> Include:
    """`_include=Source:parameter[:Target]`, with * for any, and `:iterate` for what was included before."""
    if modifier not in ("", "iterate"):
        raise BadRequest(f"{name}:{modifier} is not supported; accepted is :iterate, or no modifier")
    iterate = modifier == "iterate"
    if value == "*":
        return Include(type_name if name == "_include" else "*", "*", "", iterate)
    source, _, rest = value.partition(":")
    code, _, target = rest.partition(":")
    there = known.of(source)
    if code != "*" and (code not in there or there[code].type != "reference"):
        accepted = sorted(p.code for p in there.values() if p.type == "reference")
        listed = ", ".join(f"{source}:{code}" for code in accepted) or f"{type_name}:parameter"
        raise BadRequest(f"{name}={value} is not supported; accepted are: {listed}", code="not-supported")
    if source not in resource_types() or (target and target not in resource_types()):
        wrong = target if source in resource_types() else source
        raise BadRequest(f"{name}={value}: {wrong} is not a resource type of FHIR R4")
    if code != "*":
        known_parameter(source, code, known)
    if name == "_include" and source != type_name and not iterate:
        raise BadRequest(f"{name}={value}: a search on {type_name} includes by parameters of {type_name}")
    return Include(source, code, target, iterate)


def read_shape(type_name: str, summary: Sequence[str], elements: Sequence[str]) -> tuple[Shape, bool]:
    """`_summary` and `_elements`; tells also whether only the count is wanted."""
    kind = summary[-1] if summary else "false"
    if kind not in SUMMARIES:
        raise BadRequest(f"_summary={kind} is not supported; accepted are {', '.join(SUMMARIES)}")
    names = tuple(name.strip() for value in elements for name in value.split(",") if name.strip())
    for name in names:
        if name.rpartition(".")[2] not in _elements(name.partition(".")[0] if "." in name else type_name):
            raise BadRequest(f"_elements={name} is no element of {type_name}; accepted are those at the top level")
    return Shape("" if kind in ("false", "count") else kind, names), kind == "count"


def _elements(type_name: str) -> set[str]:
    if type_name not in resource_types():
        return set()
    return {json_name for e in type_definition(type_name).elements.values() for json_name in (e.name, *e.json_names())}


def read_contained(contained: Sequence[str], contained_type: Sequence[str]) -> tuple[str, str]:
    """`_contained` and `_containedType`: which resources are searched, and what is given back of contained ones."""
    return (
        _one_of("_contained", contained, CONTAINED),
        _one_of("_containedType", contained_type, CONTAINED_TYPES),
    )


def _one_of(name: str, values: Sequence[str], accepted: Sequence[str]) -> str:
    """The last value, the first of those accepted where there is none."""
    if values and values[-1] not in accepted:
        raise BadRequest(f"{name}={values[-1]} is not supported; accepted are {', '.join(accepted)}")
    return values[-1] if values else accepted[0]


def check_contained(query: Query, within: Filter | None) -> None:
    """Raises `BadRequest` where a search for contained resources asks for what is not there for them."""
    refused = {
        "a compartment": within is not None,
        "_include and _revinclude": bool(query.includes or query.revincludes),
        "_text and _content": any(isinstance(wanted, WordsFilter) for wanted in query.filters),
    }
    for what, asked in refused.items():
        if asked:
            text = f"_contained={query.contained} is not supported with {what}; accepted are other parameters of "
            raise BadRequest(f"{text}{query.type}", code="not-supported")
