"""What a resource is found by: its terms, spans of time and texts, for every search parameter of its type."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import cache, partial

from xinglin.fhir.definitions import value_set
from xinglin.fhir.fhirpath import Branch
from xinglin.fhir.fhirpath.branches import Values
from xinglin.fhir.fhirpath.references import target_of
from xinglin.fhir.search.dates import Span, span_of
from xinglin.fhir.search.registry import Parameter, parameters
from xinglin.fhir.search.terms import ANY_SYSTEM, exact, parameter_number, term, token
from xinglin.fhir.search.text import normalised, sounds
from xinglin.fhir.types import Json, Resource


@dataclass(slots=True)
class Terms:
    """What one resource is found by. `dates` and `strings` hold (parameter number, value)."""

    hashes: set[int] = field(default_factory=set)
    dates: set[tuple[int, Span]] = field(default_factory=set)
    strings: set[tuple[int, str]] = field(default_factory=set)


Add = Callable[[Terms, Json, tzinfo], None]
"""Adds what one value is found by."""


def extract(resource: Resource, zone: tzinfo = UTC) -> Terms:
    """The terms of a valid resource. Dates without a zone are days in `zone`."""
    terms = Terms()
    extractors = _extractors(resource["resourceType"])
    for key in resource:
        for values, add in extractors.get(key, ()):
            for value in values(resource):
                add(terms, value, zone)
    for values, add in extractors.get("", ()):
        for value in values(resource):
            add(terms, value, zone)
    return terms


@cache
def _extractors(type_name: str) -> dict[str, list[tuple[Values, Add]]]:
    """By the property that must be there; under "" those that say something of what is absent."""
    found: dict[str, list[tuple[Values, Add]]] = {}
    for parameter in parameters(type_name).values():
        for branch in parameter.branches:
            if add := _adder(type_name, parameter, branch):
                found.setdefault(branch.root or "", []).append((branch.values, add))
    return found


def _adder(type_name: str, parameter: Parameter, branch: Branch) -> Add | None:
    number = parameter_number(type_name, parameter.code)
    if parameter.type == "date":
        return partial(_add_date, number) if branch.type in _DATED else None
    if parameter.type == "string":
        texts = _TEXTS.get(branch.type)
        return None if texts is None else partial(_add_string, number, type_name, parameter.code, texts)
    if parameter.type == "reference":
        values = _REFERENCES.get(branch.type)
    elif parameter.type == "uri":
        values = _uri
    elif branch.type == "code":
        values = partial(_code, _systems(branch.binding))
    else:
        values = _TOKENS.get(branch.type)
    return None if values is None else partial(_add_terms, type_name, parameter.code, values)


def _add_terms(
    type_name: str, code: str, values: Callable[[Json], list[str]], terms: Terms, value: Json, _: tzinfo
) -> None:
    for text in values(value):
        terms.hashes.add(term(type_name, code, text))


_DATED = frozenset({"date", "dateTime", "instant", "Period", "Timing"})


def _add_date(number: int, terms: Terms, value: Json, zone: tzinfo) -> None:
    if span := span_of(value, zone):
        terms.dates.add((number, span))


def _add_string(
    number: int, type_name: str, code: str, texts: Callable[[Json], list[str]], terms: Terms, value: Json, _: tzinfo
) -> None:
    for text in texts(value):
        terms.hashes.add(term(type_name, code, exact(text)))
        if folded := normalised(text):
            terms.strings.add((number, folded))
            if not folded.isascii():
                terms.strings.update((number, sound) for sound in sounds(folded))


def _coding(value: Json) -> list[str]:
    code = value.get("code")
    return [token(value.get("system"), code), token(ANY_SYSTEM, code)] if code else []


def _concept(value: Json) -> list[str]:
    return [text for coding in value.get("coding") or () for text in _coding(coding)]


def _identifier(value: Json) -> list[str]:
    text = value.get("value")
    return [token(value.get("system"), text), token(ANY_SYSTEM, text)] if text else []


def _plain(value: Json) -> list[str]:
    text = value if isinstance(value, str) else "true" if value is True else "false"
    return [token(None, text), token(ANY_SYSTEM, text)]


def _contact(value: Json) -> list[str]:
    return _plain(value["value"]) if value.get("value") else []


@cache
def _systems(binding: str) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((value_set(binding) or {}).items()) if binding else ()


def _code(systems: tuple[tuple[str, frozenset[str]], ...], value: Json) -> list[str]:
    """A code's system is not written but follows from its required binding."""
    return [*_plain(value), *(token(system, value) for system, codes in systems if value in codes)]


def _uri(value: Json) -> list[str]:
    return [value]


def _reference(value: Json) -> list[str]:
    found = []
    literal = value.get("reference")
    if literal and not literal.startswith("#"):
        target = target_of(literal)
        found.append("/".join(target) if target and ":" not in literal else literal)
    identifier = value.get("identifier")
    if identifier and identifier.get("value"):
        found += [f":identifier={text}" for text in _identifier(identifier)]
    return found


def _canonical(value: Json) -> list[str]:
    url, bar, _ = value.partition("|")
    return [url, value] if bar else [value]


def _name(value: Json) -> list[str]:
    family, given = value.get("family"), [part for part in value.get("given") or () if part]
    parts = [value.get("text"), family, *given, *(value.get("prefix") or ()), *(value.get("suffix") or ())]
    if family and given and not family.isascii():
        parts.append(family + "".join(given))  # 张 and 三: people look for 张三
    return [part for part in parts if part]


def _address(value: Json) -> list[str]:
    parts = [value.get(k) for k in ("text", "city", "district", "state", "postalCode", "country")]
    return [part for part in (*parts, *(value.get("line") or ())) if part]


_TOKENS: dict[str, Callable[[Json], list[str]]] = {
    "CodeableConcept": _concept,
    "Coding": _coding,
    "ContactPoint": _contact,
    "Identifier": _identifier,
    "boolean": _plain,
    "id": _plain,
    "string": _plain,
    "uri": _plain,
}
_REFERENCES: dict[str, Callable[[Json], list[str]]] = {"Reference": _reference, "canonical": _canonical, "uri": _uri}
_TEXTS: dict[str, Callable[[Json], list[str]]] = {
    "Address": _address,
    "HumanName": _name,
    "markdown": lambda value: [value],
    "string": lambda value: [value],
}
