"""What a resource is found by: its terms, spans of time, numbers and texts, for every search parameter of its type."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from functools import partial
from typing import TypeAlias

from xinglin.fhir.fhirpath import Branch
from xinglin.fhir.fhirpath.branches import Values
from xinglin.fhir.search import spellings
from xinglin.fhir.search.dates import span_of
from xinglin.fhir.search.found_by import Add, Terms
from xinglin.fhir.search.known import R4, SearchParameters
from xinglin.fhir.search.numbers import UCUM, Interval, decimal, interval_of, units_of
from xinglin.fhir.search.positions import numbers, position
from xinglin.fhir.search.registry import Component, Parameter
from xinglin.fhir.search.repetition import REPEATED, remembered
from xinglin.fhir.search.terms import (
    PRESENT,
    bigrams,
    display,
    exact,
    name_number,
    parameter_number,
    parameter_term,
    term,
    unit_number,
    units_number,
)
from xinglin.fhir.search.text import normalised, sounds
from xinglin.fhir.search.values import PATIENT
from xinglin.fhir.types import Json, Resource

Path: TypeAlias = tuple[tuple[str, bool], ...]


def extract(resource: Resource, zone: tzinfo = UTC, known: SearchParameters = R4) -> Terms:
    """The terms of a valid resource by the search parameters in force. Dates without a zone are days in `zone`."""
    terms = Terms()
    type_name = resource["resourceType"]
    extractors = known.derived.get(type_name) or _derived(known, type_name)
    for key in resource:
        for values, add in extractors.get(key, ()):
            for value in values(resource):
                add(terms, value, zone)
    for values, add in extractors.get("", ()):
        for value in values(resource):
            add(terms, value, zone)
    return terms


Extractors: TypeAlias = dict[str, list[tuple[Values, Add]]]


def _derived(known: SearchParameters, type_name: str) -> Extractors:
    if known is R4 or known.extended(type_name):
        found = _extractors(type_name, known.of(type_name))
    else:
        found = R4.derived.get(type_name) or _derived(R4, type_name)
    known.derived[type_name] = found
    return found


def _extractors(type_name: str, known: Mapping[str, Parameter]) -> Extractors:
    """By the property that must be there; under "" those that say something of what is absent."""
    found: dict[str, list[tuple[Values, Add]]] = {}
    alike: dict[tuple[str, Path], list[tuple[Branch, Add]]] = {}
    for parameter in known.values():
        for branch in parameter.branches:
            if add := _adder(type_name, parameter, branch):
                if branch.type in REPEATED and branch.path:
                    alike.setdefault((branch.type, branch.path), []).append((branch, add))
                else:
                    found.setdefault(branch.root or "", []).append((branch.values, add))
        for focus in parameter.foci:
            if focus.path:  # what a composite asks of the resource itself is asked of its components one by one
                if len(focus.components) == 3:
                    number = parameter_number(type_name, parameter.code)
                    combine: Add = partial(_add_stretch, number, focus.components)
                else:
                    combine = partial(_add_combined, type_name, parameter.code, focus.components)
                found.setdefault(focus.branch.root or "", []).append((focus.branch.values, combine))
    for several in alike.values():
        branch = several[0][0]
        once = remembered([add for _, add in several])
        found.setdefault(branch.root or "", []).append((branch.values, once))
    return found


def _adder(type_name: str, parameter: Parameter, branch: Branch) -> Add | None:
    number = parameter_number(type_name, parameter.code)
    match parameter.type:
        case "date":
            return partial(_add_date, number) if branch.type in _DATED else None
        case "number" | "quantity":
            return partial(_add_number, number, units_number(type_name)) if branch.type in _NUMBERED else None
        case "special":
            return _add_position
        case "string":
            texts = spellings.TEXTS.get(branch.type)
            return None if texts is None else partial(_add_string, number, type_name, parameter.code, texts)
        case "reference":
            spell = spellings.REFERENCES.get(branch.type)
            own, present = parameter_term(type_name, parameter.code), term(type_name, parameter.code, PRESENT)
            return None if spell is None else partial(_add_reference, own, present, parameter.code == PATIENT, spell)
        case "uri":
            return None if branch.type not in _LOCATED else partial(_add_uri, number, type_name, parameter.code)
    spell = token_spelling(branch)
    if spell is None:
        return None
    if branch.type in spellings.DISPLAYED:
        return partial(_add_displayed, number, type_name, parameter.code, spell)
    return partial(_add_token, type_name, parameter.code, spell)


def token_spelling(branch: Branch) -> spellings.Spell | None:
    """How the values of a token parameter's branch are spelled; None where they can't be."""
    return spellings.code(branch.binding) if branch.type == "code" else spellings.TOKENS.get(branch.type)


def indexed_branches(parameter: Parameter) -> list[Branch]:
    """The branches whose values a parameter of its type can hold."""
    return [branch for branch in parameter.branches if _adder("", parameter, branch)]


LONGEST_UNIT = 100
"""Characters of a unit that is compared with others."""

_LOCATED = frozenset({"canonical", "oid", "uri", "url", "uuid"})
_DATED = frozenset({"date", "dateTime", "instant", "Period", "Timing"})
_NUMBERED = frozenset(
    {
        "Age",
        "Count",
        "Distance",
        "Duration",
        "Money",
        "Quantity",
        "Range",
        "SampledData",
        "decimal",
        "integer",
        "positiveInt",
        "unsignedInt",
    }
)


def _add_token(type_name: str, code: str, spell: spellings.Spell, terms: Terms, value: Json, _: tzinfo) -> None:
    terms.hashes.add(term(type_name, code, PRESENT))
    for text in spell(value):
        terms.hashes.add(term(type_name, code, text))


def _add_displayed(
    number: int, type_name: str, code: str, spell: spellings.Spell, terms: Terms, value: Json, zone: tzinfo
) -> None:
    _add_token(type_name, code, spell, terms, value, zone)
    for text in spellings.displays(value):
        if folded := normalised(text):
            found = term(type_name, code, display(folded))
            terms.hashes.add(found)
            terms.texts.add((number, folded, found))


def _add_reference(
    number: int, present: int, of_patient: bool, spell: spellings.Spell, terms: Terms, value: Json, _: tzinfo
) -> None:
    terms.hashes.add(present)
    for text in spell(value):
        target = name_number(text)
        terms.hashes.add(number ^ target)
        if of_patient and text.startswith("Patient/"):
            terms.patients.add(target)


def _add_uri(number: int, type_name: str, code: str, terms: Terms, value: Json, _: tzinfo) -> None:
    found = term(type_name, code, value)
    terms.hashes.add(term(type_name, code, PRESENT))
    terms.hashes.add(found)
    if len(value) <= LONGEST_URI:
        terms.texts.add((number, value, found))


LONGEST_URI = 500
"""Characters of a URI that `:below` can find: an index entry of PostgreSQL has room for 2,700 bytes."""


def _add_date(number: int, terms: Terms, value: Json, zone: tzinfo) -> None:
    if span := span_of(value, zone):
        terms.dates.add((number, span))


def _add_position(terms: Terms, value: Json, _: tzinfo) -> None:
    if found := position(value):
        for number, interval in zip(numbers(), found, strict=True):
            terms.numbers.add((number, interval, 0, 0))


def _add_number(number: int, units: int, terms: Terms, value: Json, _: tzinfo) -> None:
    if (interval := interval_of(value)) is not None:
        # The first spelling carries the system; a unit's own text, where it differs, gets a row for itself.
        for system, unit in units_of(value)[:1] or [(None, "")]:
            known = unit_number(system, unit) if unit else 0
            terms.numbers.add((number, interval, known, unit_number(None, unit)))
            if system == UCUM and len(unit) <= LONGEST_UNIT:
                terms.texts.add((units, unit, known))
        for system, unit in units_of(value)[1:]:
            terms.numbers.add((number, interval, 0, unit_number(system, unit)))


def _add_string(
    number: int, type_name: str, code: str, texts: spellings.Spell, terms: Terms, value: Json, _: tzinfo
) -> None:
    for text in texts(value):
        terms.hashes.add(term(type_name, code, exact(text)))
        if folded := normalised(text):
            for form in (folded, *(() if folded.isascii() else sounds(folded))):
                terms.strings.add((number, form))
                terms.hashes.update(term(type_name, code, pair) for pair in bigrams(form))


def _add_stretch(number: int, components: tuple[Component, ...], terms: Terms, value: Json, _: tzinfo) -> None:
    """The numbers at which an element starts and ends, where it has both."""
    given = (decimal(found) for part in components[1:] for branch in part.branches for found in branch.values(value))
    ends = [each for each in given if each is not None]
    if len(ends) == 2:
        terms.numbers.add((number, Interval(*ends), 0, 0))


def _add_combined(
    type_name: str, code: str, components: tuple[Component, ...], terms: Terms, value: Json, zone: tzinfo
) -> None:
    """What a composite finds in one element: both spellings as one term, or numbers under the first's spelling."""
    first, second = components
    for spelled in component_spellings(first, value):
        if second.type in ("quantity", "number"):
            terms.hashes.add(term(type_name, code, spelled))
            number = parameter_number(type_name, f"{code}${spelled}")
            for branch in second.branches:
                if branch.type in _NUMBERED:
                    for measured in branch.values(value):
                        _add_number(number, units_number(type_name), terms, measured, zone)
        else:
            for other in component_spellings(second, value):
                terms.hashes.add(term(type_name, code, f"{spelled}${other}"))


def component_spellings(component: Component, value: Json) -> list[str]:
    """The spellings of one part of a composite in the element that holds both."""
    found = []
    for branch in component.branches:
        spell = spellings.REFERENCES.get(branch.type) if component.type == "reference" else token_spelling(branch)
        if spell is not None:
            found += [text for item in branch.values(value) for text in spell(item)]
    return found
