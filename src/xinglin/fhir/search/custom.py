"""Reads SearchParameter resources (FHIR R4, SearchParameter), and tells what keeps one from taking effect."""

import re
from collections.abc import Iterator, Mapping

from xinglin.fhir.definitions import is_type, resource_types, search_definitions
from xinglin.fhir.fhirpath import FhirPathError
from xinglin.fhir.outcome import Issue
from xinglin.fhir.search.extract import indexed_branches
from xinglin.fhir.search.known import R4, Definition, SearchParameters, parameter_of
from xinglin.fhir.search.registry import INDEXED, Parameter
from xinglin.fhir.types import Resource

_KEPT = ("url", "code", "type", "base", "expression", "target", "component")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
LONGEST = 1_000
"""Characters of an expression: so it can't be nested deeper than can be evaluated."""

_EVERYWHERE = frozenset({"Resource", "DomainResource"})


def in_force(resource: Resource) -> Resource | None:
    """The part of a SearchParameter resource by which searches go; None where it is none that is active."""
    if resource.get("resourceType") != "SearchParameter" or resource.get("status") != "active":
        return None
    return {key: resource[key] for key in _KEPT if key in resource}


def definition_of(resource: Resource, *, ready: bool = True) -> Definition:
    """The definition that a valid SearchParameter resource, or the part of it that `in_force` gives, stands for."""
    components = tuple((part["definition"], part["expression"]) for part in resource.get("component", ()))
    return Definition(
        resource["url"],
        resource["code"],
        resource["type"],
        frozenset(resource["base"]),
        resource.get("expression", ""),
        frozenset(resource.get("target", ())),
        components,
        ready,
    )


def faults(resource: Resource, known: SearchParameters = R4) -> list[Issue]:
    """Why an active, valid SearchParameter resource can't take effect beside those of others; empty where it can.

    Each issue names the element.
    """
    if in_force(resource) is None:
        return []
    found = [*_form(resource), *_bases(resource)]
    if not found:
        definition = definition_of(resource)
        found += _clashes(definition, known)
        found += _compilation(definition, known)
    return found


def _issue(element: str, text: str, code: str = "value") -> Issue:
    return Issue("error", code, text, f"SearchParameter.{element}")


def _form(resource: Resource) -> Iterator[Issue]:
    code, type = resource["code"], resource["type"]
    if not _CODE.fullmatch(code):
        yield _issue(
            "code", f"{code!r} is not accepted; accepted are up to 64 letters, digits and -, with a letter at the start"
        )
    if type not in INDEXED:
        yield _issue(
            "type", f"Type {type} is not supported; accepted are {', '.join(sorted(INDEXED))}", "not-supported"
        )
    if not resource.get("expression"):
        yield _issue("expression", "An expression is needed, which says where the values are", "required")
    for index, text in enumerate([resource.get("expression", ""), *_of_components(resource)]):
        if len(text) > LONGEST:
            element = f"component[{index - 1}].expression" if index else "expression"
            yield _issue(
                element, f"An expression of {len(text):,} characters is not accepted; up to {LONGEST:,} are", "too-long"
            )
    if type == "composite" and len(resource.get("component", ())) != 2:
        yield _issue("component", "A composite of other than two components is not supported", "not-supported")


def _of_components(resource: Resource) -> list[str]:
    return [part["expression"] for part in resource.get("component", ())]


def _bases(resource: Resource) -> Iterator[Issue]:
    for index, base in enumerate(resource["base"]):
        if base not in resource_types() and base not in _EVERYWHERE:
            yield _issue(f"base[{index}]", f"{base} is not a resource type of FHIR R4")
    for index, target in enumerate(resource.get("target", ())):
        if not is_type(target):
            yield _issue(f"target[{index}]", f"{target} is not a resource type of FHIR R4")


def _clashes(definition: Definition, known: SearchParameters) -> Iterator[Issue]:
    """A code means one thing on a type: R4's own can't be replaced, nor can another resource's."""
    types = definition.types()
    standard = {base for d in search_definitions() if d.code == definition.code for base in d.bases}
    clashing = sorted(type for type in types if type in standard)
    if clashing or standard & _EVERYWHERE:
        where = ", ".join(clashing) or "every type"
        yield _issue(
            "code", f"{definition.code} is a search parameter of R4 on {where}, which can't be replaced", "duplicate"
        )
    for other in known.definitions:
        if other.code == definition.code:
            for type in sorted(types & other.types())[:1]:
                text = f"{definition.code} is a search parameter of {type} already, defined by {other.definition}"
                yield _issue("code", text, "duplicate")


def _compilation(definition: Definition, known: SearchParameters) -> Iterator[Issue]:
    """Whether the expression can be evaluated on each base, and gives what a parameter of its type can hold."""
    codes = {other.definition: other.code for other in known.definitions}
    for base in sorted(definition.bases):
        types = definition.types() if base in _EVERYWHERE else {base}
        seen: set[str] = set()
        fitting = False
        for type in sorted(types):
            try:
                made = parameter_of(definition, type, known.of(type), codes)
            except FhirPathError as error:
                yield _issue("expression", f"{definition.expression!r} can't be used on {type}: {error}")
                return
            except KeyError as error:
                yield _issue("component", f"{error.args[0]!r} is no search parameter of {type}", "not-found")
                return
            fits, given = _fit(made, known.of(type))
            fitting, seen = fitting or fits, seen | given
        if not fitting:
            yield _misfit(definition, base, seen)


def _fit(made: Parameter, known: Mapping[str, Parameter]) -> tuple[bool, set[str]]:
    """Whether anything would be indexed, and the types of the values."""
    if made.type != "composite":
        return bool(indexed_branches(made)), {branch.type for branch in made.branches}
    in_element = [focus for focus in made.foci if focus.path]
    first = {focus.components[0].type for focus in in_element}
    second = {focus.components[1].type for focus in in_element}
    accepted = first <= {"token", "reference"} and second <= {"token", "reference", "quantity", "number"}
    there = all(part.branches for focus in made.foci for part in focus.components)
    simple = all(known[part.code].type != "composite" for focus in made.foci for part in focus.components)
    return bool(made.foci) and accepted and there and simple, first | second


def _misfit(definition: Definition, base: str, given: set[str]) -> Issue:
    if not given:
        text = f"{definition.expression!r} leads to nothing on {base}"
    elif definition.type == "composite":
        text = f"A composite of {', '.join(sorted(given))} within an element is not supported on {base}"
        return _issue("component", text, "not-supported")
    else:
        shown = ", ".join(sorted(given)[:8])
        text = f"{definition.expression!r} gives {shown} on {base}, which is nothing that a {definition.type} holds"
    return _issue("expression", text)
