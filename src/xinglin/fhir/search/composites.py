"""Reads the values of composite parameters (FHIR R4, Search, composite): conditions on the same element."""

from dataclasses import replace

from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search.escapes import split
from xinglin.fhir.search.query import AllOf, AnyOf, Filter, StretchFilter, TermFilter
from xinglin.fhir.search.registry import Component, Focus, Parameter
from xinglin.fhir.search.terms import parameter_number, term
from xinglin.fhir.search.values import Context, filter_for, number_filter, reference_spellings, token_spellings


def composite_filter(type_name: str, parameter: Parameter, values: list[str], context: Context) -> Filter:
    """The filter for `first$second` values. Raises `BadRequest`.

    What the resource itself must have is asked of its own parameters; what an element below it must have is asked of
    the terms that extraction made of the two together.
    """
    found: list[Filter] = []
    for value in values:
        parts = split("$", value)
        if len(parts) != len(parameter.foci[0].components) or not all(parts):
            names = "$".join(component.code for component in parameter.foci[0].components)
            raise BadRequest(f"{parameter.code}={value} is not accepted; accepted is {names}")
        if len(parts) == 3:
            found.append(_stretch(type_name, parameter, parts, context))
            continue
        first, second = parts
        for focus in parameter.foci:
            if focus.path:
                found.append(_in_element(type_name, parameter, focus, first, second, context))
            else:
                found.append(_in_resource(type_name, focus, first, second, context))
    return found[0] if len(found) == 1 else AnyOf(tuple(found))


def _stretch(type_name: str, parameter: Parameter, parts: list[str], context: Context) -> Filter:
    """A stretch of a chromosome or reference, which the resource has once: `1$ge345$le567`."""
    known = context.known.of(type_name)
    (focus,) = parameter.foci
    whole = filter_for(type_name, known[focus.components[0].code], "", parts[0], context)
    number = parameter_number(type_name, parameter.code)
    start, end = (number_filter(parameter.code, type_name, number, [text], units=False).ranges[0] for text in parts[1:])
    return AllOf((whole, StretchFilter(number, start, end)))


def _in_resource(type_name: str, focus: Focus, first: str, second: str, context: Context) -> Filter:
    known = context.known.of(type_name)
    left, right = (known[component.code] for component in focus.components)
    return AllOf((filter_for(type_name, left, "", first, context), filter_for(type_name, right, "", second, context)))


def _in_element(
    type_name: str, parameter: Parameter, focus: Focus, first: str, second: str, context: Context
) -> Filter:
    known = context.known.of(type_name)
    one, other = focus.components
    lefts = _spellings(known[one.code], one, first)
    if other.type in ("quantity", "number"):
        name, wanted = f"{parameter.code}={first}$", other.type == "quantity"
        numbers = (
            (left, number_filter(name, type_name, _number(type_name, parameter, left), [second], units=wanted))
            for left in lefts
        )
        # The number of the parameter has 32 bits: the term, which has 64, makes sure that it is this one.
        either = [AllOf((TermFilter((term(type_name, parameter.code, left),)), number)) for left, number in numbers]
        return AnyOf(tuple(either))
    rights = _spellings(known[other.code], other, second)
    return TermFilter(tuple(term(type_name, parameter.code, f"{left}${right}") for left in lefts for right in rights))


def _spellings(parameter: Parameter, component: Component, value: str) -> list[str]:
    read = reference_spellings if component.type == "reference" else token_spellings
    return read(replace(parameter, type=component.type), "", value)


def _number(type_name: str, parameter: Parameter, spelled: str) -> int:
    """The number under which the numbers beside a spelling of the first part are kept."""
    return parameter_number(type_name, f"{parameter.code}${spelled}")
