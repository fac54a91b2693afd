"""Reads the values of search parameters into filters (FHIR R4, Search, by parameter type)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from urllib.parse import urlsplit

from xinglin.fhir.definitions import resource_types, value_set
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search import spellings
from xinglin.fhir.search.blinding import hideable, respelled
from xinglin.fhir.search.dates import EARLIEST, LATEST, Span, span
from xinglin.fhir.search.escapes import alternatives, split, unescaped
from xinglin.fhir.search.known import R4, SearchParameters
from xinglin.fhir.search.numbers import UCUM, Interval, bounded, wanted
from xinglin.fhir.search.query import (
    AnyOf,
    DateFilter,
    Filter,
    MissingFilter,
    Not,
    NumberFilter,
    NumberRange,
    StringFilter,
    TermFilter,
    TextFilter,
    ValueSetFilter,
)
from xinglin.fhir.search.registry import Parameter
from xinglin.fhir.search.terms import (
    ANY_SYSTEM,
    PRESENT,
    any_code,
    bigrams,
    exact,
    name_number,
    parameter_number,
    reference_term,
    term,
    token,
    unit_number,
    units_number,
)
from xinglin.fhir.search.text import normalised

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
MODIFIERS = {
    "token": ("missing", "not", "text", "in", "not-in", "of-type", "above", "below"),
    "string": ("missing", "exact", "contains"),
    "reference": ("missing", "identifier", "above", "below", "[Type]"),
    "uri": ("missing", "below", "above"),
    "date": ("missing",),
    "number": ("missing",),
    "quantity": ("missing",),
    "composite": (),
    "special": (),
}
"""Modifiers that are implemented, by type of parameter."""

PATIENT = "patient"
"""The parameter whose target owns a resource's spans of time: they are kept together for each patient."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is read against: the time of the request, the zone of dates that have none, the parameters in force."""

    now: datetime
    zone: tzinfo
    known: SearchParameters = R4


def filter_for(type_name: str, parameter: Parameter, modifier: str, value: str, context: Context) -> Filter:
    """The filter that one `name:modifier=value` asks for. Raises `BadRequest`."""
    check_modifier(parameter, modifier)
    values = alternatives(value)
    name = f"{parameter.code}:{modifier}" if modifier else parameter.code
    if not values:
        raise BadRequest(f"{name} has no value")
    number = parameter_number(type_name, parameter.code)
    if modifier == "missing":
        return _missing(type_name, parameter, values)
    if parameter.type in ("composite", "special") or (parameter.type != "uri" and modifier in ("above", "below")):
        return _elsewhere(type_name, parameter, modifier, values, context)
    match parameter.type, modifier:
        case "date", _:
            return date_filter(name, number, values, context)
        case "number" | "quantity", _:
            return number_filter(name, type_name, number, values, units=parameter.type == "quantity")
        case "string", ("" | "contains"):
            return _string(name, type_name, parameter.code, values, modifier)
        case "token", "text":
            return TextFilter(number, _texts(name, values))
        case "token", ("in" | "not-in"):
            return _in_value_set(type_name, parameter.code, values, negated=modifier == "not-in")
        case "uri", "below":
            exactly = TermFilter(tuple(term(type_name, parameter.code, unescaped(v)) for v in values))
            return AnyOf((exactly, TextFilter(number, tuple(f"{unescaped(v).rstrip('/')}/" for v in values))))
    terms = _terms(type_name, parameter, modifier, values, context)
    if parameter.code == PATIENT and len(terms) == 1 and modifier != "identifier":
        return TermFilter(terms, patient=_patient(unescaped(values[0])))
    return TermFilter(terms, negated=modifier == "not")


def operator_filter(type_name: str, parameter: Parameter, operator: str, value: str, context: Context) -> Filter:
    """The filter for the operators ew (a text ends so) and po (periods overlap) of `_filter`. Raises `BadRequest`."""
    name, number, values = f"{parameter.code} {operator}", parameter_number(type_name, parameter.code), [value]
    match operator, parameter.type:
        case "ew", "string":
            return replace(_string(name, type_name, parameter.code, values, "contains"), ending=True)
        case "po", "date":
            found = date_filter(name, number, values, context)
            return DateFilter(number, tuple(("po", meant) for _, meant in found.spans))
    accepted = "string" if operator == "ew" else "date"
    raise BadRequest(
        f"_filter: {name} is not supported; {operator} is accepted with a {accepted}", code="not-supported"
    )


def _elsewhere(type_name: str, parameter: Parameter, modifier: str, values: list[str], context: Context) -> Filter:
    """What is read by modules that read values by this one in turn."""
    from xinglin.fhir.search.composites import composite_filter
    from xinglin.fhir.search.hierarchies import hierarchy_filter
    from xinglin.fhir.search.positions import near

    match parameter.type:
        case "composite":
            return composite_filter(type_name, parameter, values, context)
        case "special":
            return AnyOf(tuple(map(near, values)))
    return hierarchy_filter(type_name, parameter, modifier, values)


def _patient(text: str) -> int:
    """The number of a patient named by id or as Patient/id; 0 for a URL, which may be of anything."""
    if ":" in text or ("/" in text and not text.startswith("Patient/")):
        return 0
    return name_number(text if "/" in text else f"Patient/{text}")


def check_modifier(parameter: Parameter, modifier: str) -> None:
    """Raises `BadRequest` for a modifier that parameters of this type don't have, naming those that they have."""
    accepted = MODIFIERS[parameter.type]
    if not modifier or modifier in accepted or ("[Type]" in accepted and modifier in resource_types()):
        return
    known = ", ".join(f":{name}" for name in accepted) or "none"
    raise BadRequest(
        f"{parameter.code}:{modifier} is not supported; modifiers of a {parameter.type} parameter are: {known}",
        code="not-supported",
    )


def _missing(type_name: str, parameter: Parameter, values: list[str]) -> Filter:
    if values not in (["true"], ["false"]):
        raise BadRequest(f"{parameter.code}:missing={','.join(values)} is not accepted; accepted are true and false")
    missing = values == ["true"]
    table = "number" if parameter.type == "quantity" else parameter.type
    if table in ("date", "string", "number"):
        return MissingFilter(table, parameter_number(type_name, parameter.code), present=not missing)
    return TermFilter((term(type_name, parameter.code, PRESENT),), negated=missing)


def _in_value_set(type_name: str, code: str, values: list[str], *, negated: bool) -> Filter:
    """Value sets that R4 itself requires are known here; for others the store asks whoever knows terminology."""
    found: list[Filter] = []
    for url in map(unescaped, values):
        systems = value_set(url.partition("|")[0])
        if systems is None:
            found.append(ValueSetFilter(type_name, code, url))
        else:
            codes = [token(system, c) for system, members in systems.items() for c in members]
            found.append(TermFilter(tuple(term(type_name, code, text) for text in codes)))
    either = found[0] if len(found) == 1 else AnyOf(tuple(found))
    return Not(either) if negated else either


def _terms(type_name: str, parameter: Parameter, modifier: str, values: list[str], context: Context) -> tuple[int, ...]:
    readers: dict[str, Callable[[Parameter, str, str], Sequence[str]]] = {
        "token": token_spellings,
        "reference": reference_spellings,
        "string": lambda _, __, text: [exact(unescaped(text))],
        "uri": _uri,
    }
    texts = [text for v in values for text in readers[parameter.type](parameter, modifier, v)]
    blinding = context.known.blinding
    if blinding is not None and hideable(type_name, parameter, blinding):
        texts = [each for text in texts for each in respelled(text, blinding)]
    make = reference_term if parameter.type == "reference" else term
    return tuple(dict.fromkeys(make(type_name, parameter.code, text) for text in texts))


def token_spellings(parameter: Parameter, modifier: str, value: str) -> list[str]:
    """The spellings that a token asks for: code, system|code, |code, system|, or system|code|value of a type."""
    name = f"{parameter.code}:{modifier}" if modifier else parameter.code
    system, *rest = (unescaped(part) for part in split("|", value))
    if modifier == "of-type":
        if len(rest) != 2 or not all(rest):
            raise BadRequest(f"{name}={value} is not accepted; accepted is system|code|value of the identifier's type")
        return [spellings.of_type(system, *rest)]
    if not rest:
        return [token(ANY_SYSTEM, system)]
    code = "|".join(rest)
    if not code and not system:
        raise BadRequest(f"{name}={value} names neither system nor code")
    return [token(system, code) if code else any_code(system)]


def reference_spellings(parameter: Parameter, modifier: str, value: str) -> list[str]:
    """The spellings that a reference asks for: an id, Type/id, a URL, or an identifier."""
    if modifier == "identifier":
        return [spellings.by_identifier(text) for text in token_spellings(parameter, "", value)]
    text = unescaped(value)
    kind, slash, _ = text.partition("/")
    if ":" in text or "|" in text:
        return [text]
    if slash:
        if kind not in resource_types():
            raise BadRequest(f"{parameter.code}={value}: {kind} is not a resource type of FHIR R4")
        if modifier and modifier != kind:
            raise BadRequest(f"{parameter.code}:{modifier}={value} contradicts itself: {modifier} or {kind}?")
        return [text]
    targets = [modifier] if modifier else sorted(parameter.targets)
    return [f"{target}/{text}" for target in targets] or [text]


def _uri(_: Parameter, modifier: str, value: str) -> list[str]:
    """A URI; with `:above`, itself and every URI that it lies below, path by path."""
    text = unescaped(value)
    if modifier != "above":
        return [text]
    parts = urlsplit(text)
    if not parts.scheme or not parts.netloc:
        raise BadRequest(f":above={value} is not accepted; accepted is a URL, since only those have a hierarchy")
    root = f"{parts.scheme}://{parts.netloc}"
    steps = [step for step in parts.path.split("/") if step]
    bases = [root, *(f"{root}/{'/'.join(steps[:i])}" for i in range(1, len(steps) + 1))]
    return list(dict.fromkeys([text, *bases, *(f"{base}/" for base in bases)]))


def _texts(name: str, values: list[str]) -> tuple[str, ...]:
    texts = tuple(dict.fromkeys(text for v in values if (text := normalised(unescaped(v)))))
    if not texts:
        raise BadRequest(f"{name} has a value without any letter or digit")
    return texts


def _string(name: str, type_name: str, code: str, values: list[str], modifier: str) -> StringFilter:
    texts = _texts(name, values)
    number = parameter_number(type_name, code)
    if modifier != "contains":
        return StringFilter(number, texts)
    pairs = tuple(tuple(sorted(term(type_name, code, pair) for pair in bigrams(text))) for text in texts)
    return StringFilter(number, texts, anywhere=True, pairs=pairs)


def _prefixed(value: str) -> tuple[str, str]:
    return (value[:2], value[2:]) if value[:2] in PREFIXES else ("eq", value)


def date_filter(name: str, number: int | None, values: list[str], context: Context) -> DateFilter:
    """The filter for dates with prefixes; `number` None: of `_lastUpdated`. Raises `BadRequest`."""
    spans = []
    for value in values:
        prefix, text = _prefixed(value)
        try:
            meant = span(text.replace(" ", "+"), context.zone)
        except ValueError as error:
            raise BadRequest(
                f"{name}={value}: {error}; accepted is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss] with Z or "
                f"an offset, after one of the prefixes {', '.join(PREFIXES)} or none",
                code="value",
            ) from error
        spans.append((prefix, _approximate(meant, context.now) if prefix == "ap" else meant))
    return DateFilter(number, tuple(spans))


def _approximate(meant: Span, now: datetime) -> Span:
    """Wider by a tenth of the distance to now, as the specification suggests for `ap`, but by a day at least."""
    margin = max(abs(now.astimezone(UTC) - meant.low) / 10, timedelta(days=1))
    low = meant.low - margin if meant.low - EARLIEST > margin else EARLIEST
    high = meant.high + margin if LATEST - meant.high > margin else LATEST
    return Span(low, high)


def number_filter(name: str, type_name: str, number: int, values: list[str], *, units: bool) -> NumberFilter:
    """The filter for numbers, or for quantities as [prefix]number|system|code. Raises `BadRequest`."""
    ranges = tuple(_number_range(name, value, units) for value in values)
    return NumberFilter(number, ranges, units_number(type_name) if any(each.ucum for each in ranges) else 0)


def _number_range(name: str, value: str, units: bool) -> NumberRange:
    prefix, text = _prefixed(value)
    text, *unit = (unescaped(part) for part in split("|", text))
    try:
        exactly, rounded = wanted(text)
        if unit and (not units or len(unit) != 2 or not unit[1]):
            raise ValueError(f"{'|'.join(unit)!r} is no unit")
    except ValueError as error:
        form = "number, number|system|code or number||code" if units else "a number"
        accepted = f"accepted is {form}, after one of the prefixes {', '.join(PREFIXES)} or none"
        raise BadRequest(f"{name}={value}: {error}; {accepted}", code="value") from error
    if prefix == "ap":  # a tenth more or less, as the specification suggests
        margin = abs(exactly) / Decimal(10)
        interval = Interval(bounded(exactly - margin), bounded(exactly + margin))
    else:
        interval = rounded if prefix in ("eq", "ne") else Interval(exactly, exactly)
    if not unit:
        return NumberRange(prefix, interval)
    system, code = unit
    number = unit_number(system, code)
    if not system:
        return NumberRange(prefix, interval, code=number)
    return NumberRange(prefix, interval, unit=number, ucum=code if system == UCUM else "")
