"""Reads one criterion of a search, `name:modifier=value`, with chains and `_has` (FHIR R4, Search, Chaining)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from unicodedata import normalize

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search.escapes import alternatives, unescaped
from xinglin.fhir.search.expressions import ENDS, EQUAL, OVERLAPS, Meaning, parse_filter
from xinglin.fhir.search.known import SearchParameters
from xinglin.fhir.search.query import AllOf, AnyOf, ChainFilter, Filter, HasFilter, IdFilter, Not, WordsFilter
from xinglin.fhir.search.registry import Parameter, compartment, compartments
from xinglin.fhir.search.terms import parameter_term
from xinglin.fhir.search.values import Context, date_filter, filter_for, operator_filter

DEEPEST = 8
"""Steps that chains and `_has` may take together."""

COLUMNS = ("_id", "_lastUpdated")
"""Parameters of every type that are columns of their own."""

SPECIAL = ("_content", "_filter", "_has", "_list", "_text")
"""Parameters that are not values of the resource itself."""


WORDS = ("_content", "_text")
"""Parameters that look for words in the texts of a resource."""

_BELIEVED = ("verification-status:not", "refuted,entered-in-error")
_PROBLEMS = (("clinical-status", "active,recurrence,relapse"), _BELIEVED)
_ALLERGIES = (("clinical-status", "active"), _BELIEVED)
CURRENT: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "$current-allergies": {"AllergyIntolerance": _ALLERGIES},
    "$current-drug-allergies": {"AllergyIntolerance": (*_ALLERGIES, ("category", "medication"))},
    "$current-medications": {
        "MedicationRequest": (("status", "active"),),
        "MedicationStatement": (("status", "active,intended"),),
    },
    "$current-problems": {"Condition": _PROBLEMS},
}
"""Lists by function (FHIR R4, Lists, Current Resource Lists): name → type → what makes a resource be in it."""


class UnknownParameter(BadRequest):
    """There is no such parameter: left out with `handling=lenient`."""

    code = "not-found"

    @classmethod
    def of(cls, type_name: str, name: str, known: SearchParameters, *also: str) -> "UnknownParameter":
        """The error that lists the parameters of a type, and what else is accepted in the same place."""
        accepted = ", ".join(sorted([*known.of(type_name), *COLUMNS, *SPECIAL, *also]))
        return cls(f"{type_name} has no search parameter {name}; accepted are: {accepted}")


class NotReady(UnknownParameter):
    """The parameter is new, and resources of before are still being indexed by it: left out likewise."""

    code = "transient"


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads criteria on one type, and on others from there."""

    context: Context
    depth: int = 0
    expression: bool = False  # within `_filter`, whose `eq` means the whole of a string

    def deeper(self) -> "_Reader":
        if self.depth == DEEPEST:
            raise BadRequest(f"Chains of more than {DEEPEST} steps are not supported", code="too-costly")
        return replace(self, depth=self.depth + 1)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads what stands in `_filter` on one type."""

    type_name: str
    reader: _Reader

    def read(self, name: str, value: str) -> Filter:
        return _read(self.type_name, name, value, self.reader)

    def through(self, name: str, meaning: Meaning) -> Filter:
        base, _, target = name.partition(":")
        inner = self.reader.deeper()
        told = f"{name}[...]"
        return _linked(self.type_name, base, target, told, self.reader, lambda kind: meaning(_Reading(kind, inner)))


def criterion(type_name: str, name: str, value: str, context: Context) -> Filter:
    """The filter that a criterion asks for. Raises `BadRequest`, or `UnknownParameter` that lists what is accepted."""
    return _read(type_name, name, value, _Reader(context))


def _read(type_name: str, name: str, value: str, reader: _Reader) -> Filter:
    if name == "_has" or name.startswith("_has:"):
        return _has(type_name, name, value, reader)
    head, dot, rest = name.partition(".")
    base, _, modifier = head.partition(":")
    if dot:
        return _chain(type_name, base, modifier, rest, value, reader)
    if base in WORDS:
        return _words(base, modifier, value, reader)
    if base in (*COLUMNS, "_list", "_filter"):
        return _special(type_name, base, modifier, value, reader)
    parameter = known_parameter(type_name, base, reader.context.known)
    if reader.expression and modifier == EQUAL:
        modifier = "exact" if parameter.type == "string" else ""
    if reader.expression and modifier in (ENDS, OVERLAPS):
        return operator_filter(type_name, parameter, modifier, value, reader.context)
    return filter_for(type_name, parameter, modifier, value, reader.context)


def known_parameter(type_name: str, name: str, known: SearchParameters) -> Parameter:
    """A parameter of a type. Raises `UnknownParameter`, or `NotReady`."""
    found = known.of(type_name).get(name)
    if found is None:
        raise UnknownParameter.of(type_name, name, known)
    if not found.ready:
        text = f"{name} of {type_name} is new, and what is stored is being indexed by it; try again later"
        raise NotReady(text)
    return found


def _special(type_name: str, name: str, modifier: str, value: str, reader: _Reader) -> Filter:
    values = alternatives(value)
    negated = modifier == "not" and name == "_id"
    if reader.expression and modifier == EQUAL:
        modifier = ""
    if (modifier and not negated) or not values:
        raise BadRequest(f"{name} is accepted without a modifier, and with a value")
    if name == "_lastUpdated":
        return date_filter(name, None, values, reader.context)
    ids = tuple(dict.fromkeys(map(unescaped, values)))
    if name == "_id":
        return Not(IdFilter(ids)) if negated else IdFilter(ids)
    if name == "_filter":
        return parse_filter(value)(_Reading(type_name, replace(reader.deeper(), expression=True)))
    if any(text.startswith("$") for text in ids):
        return AnyOf(tuple(_current(type_name, text, reader) for text in ids))
    return HasFilter(parameter_term("List", "item"), "List", IdFilter(ids))


def _words(name: str, modifier: str, value: str, reader: _Reader) -> Filter:
    """`_text` looks into the narrative, `_content` into all texts; words of one value must all be there."""
    if modifier or reader.depth:
        where = "without a modifier" if modifier else "on what is searched itself, not within _filter, _has or chains"
        raise BadRequest(f"{name} is accepted only {where}", code="not-supported")
    found = tuple(
        tuple(words) for text in alternatives(value) if (words := normalize("NFKC", unescaped(text)).lower().split())
    )
    if not found:
        raise BadRequest(f"{name} has no word to look for")
    return WordsFilter(found, everywhere=name == "_content")


def _current(type_name: str, name: str, reader: _Reader) -> Filter:
    """What is in a list by function, such as $current-problems."""
    criteria = CURRENT.get(name, {}).get(type_name)
    if criteria is None:
        there = sorted(f"{name} of {type}" for name, types in CURRENT.items() for type in types)
        raise BadRequest(
            f"_list={name} of {type_name} is not supported; accepted are the id of a List, {', '.join(there)}",
            code="not-supported",
        )
    return AllOf(tuple(_read(type_name, code, value, reader) for code, value in criteria))


def _reference(type_name: str, name: str, known: SearchParameters) -> Parameter:
    parameter = known_parameter(type_name, name, known)
    if parameter.type != "reference":
        accepted = ", ".join(p.code for p in known.of(type_name).values() if p.type == "reference") or "none"
        raise BadRequest(
            f"{name} of {type_name} is no reference, so nothing can be chained to it; accepted are: {accepted}"
        )
    return parameter


def _chain(type_name: str, name: str, target: str, rest: str, value: str, reader: _Reader) -> Filter:
    """`subject:Patient.name=x`."""
    inner = reader.deeper()
    told = f"{name}:{target}.{rest}" if target else f"{name}.{rest}"
    return _linked(type_name, name, target, told, reader, lambda kind: _read(kind, rest, value, inner))


def _linked(
    type_name: str, name: str, target: str, told: str, reader: _Reader, read_on: Callable[[str], Filter]
) -> Filter:
    """What refers by `name` to a `target` that `read_on` gives the filter for; without a type, all targets count for
    which the rest has a meaning. `told` is what messages call it."""
    parameter = _reference(type_name, name, reader.context.known)
    if target and target not in resource_types():
        raise BadRequest(f"{told}: {target} is not a resource type of FHIR R4")
    if target and parameter.targets and target not in parameter.targets:
        accepted = ", ".join(sorted(parameter.targets))
        raise BadRequest(f"{told}: {name} never refers to {target}; accepted are: {accepted}")
    if not target and not parameter.targets:
        raise BadRequest(f"{told}: {name} may refer to any type; accepted is {name}:Type with the rest")
    found: list[Filter] = []
    unknown: list[UnknownParameter] = []
    for kind in [target] if target else sorted(parameter.targets):
        try:
            read = read_on(kind)
        except NotReady:
            raise  # its matches would be missing
        except UnknownParameter as error:
            unknown.append(error)
        else:
            found.append(ChainFilter(parameter_term(type_name, name), kind, read, parameter.single(type_name)))
    if not found:
        raise unknown[0]
    return found[0] if len(found) == 1 else AnyOf(tuple(found))


def _has(type_name: str, name: str, value: str, reader: _Reader) -> Filter:
    """`_has:Observation:patient:code=x`: an Observation with the code refers to this resource as its patient."""
    parts = name.split(":", 3)
    if len(parts) != 4:
        raise BadRequest(f"{name} is not accepted; accepted is _has:Type:reference:parameter")
    _, source, code, rest = parts
    if source not in resource_types():
        raise BadRequest(f"{name}: {source} is not a resource type of FHIR R4")
    parameter = _reference(source, code, reader.context.known)
    if parameter.targets and type_name not in parameter.targets:
        raise BadRequest(f"{name}: {code} of {source} never refers to {type_name}")
    inner = _read(source, rest, value, reader.deeper())
    return HasFilter(parameter_term(source, code), source, inner)


def compartment_types(name: str) -> list[str]:
    """The types whose resources may belong to a compartment, its own among them. Raises `BadRequest`."""
    members = compartment(name)
    if not members:
        accepted = ", ".join(compartments())
        raise BadRequest(f"There is no compartment of {name}; accepted are {accepted}", code="not-supported")
    return sorted({name, *members})


def compartment_filter(name: str, id: str, type_name: str, context: Context) -> Filter:
    """What makes a resource of a type belong to the compartment of `name`/`id`, such as Patient/1.

    Raises `BadRequest` where there is no such compartment, or where no resource of the type can belong to one.
    """
    if type_name not in compartment_types(name):
        raise BadRequest(f"No {type_name} belongs to the compartment of a {name}", code="not-supported")
    own: tuple[Filter, ...] = (IdFilter((id,)),) if type_name == name else ()
    there = context.known.of(type_name)
    by = [there[code] for code in compartment(name).get(type_name, ()) if code in there]
    return AnyOf((*own, *(filter_for(type_name, parameter, "", f"{name}/{id}", context) for parameter in by)))
