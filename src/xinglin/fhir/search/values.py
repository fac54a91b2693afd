"""Reads the values of search parameters into filters (FHIR R4, Search, by parameter type)."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search.dates import EARLIEST, LATEST, Span, span
from xinglin.fhir.search.query import DateFilter, Filter, StringFilter, TermFilter
from xinglin.fhir.search.registry import Parameter
from xinglin.fhir.search.terms import ANY_SYSTEM, exact, parameter_number, term, token
from xinglin.fhir.search.text import normalised

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
MODIFIERS = {
    "token": ("not",),
    "string": ("exact", "contains"),
    "reference": ("identifier", "[Type]"),
    "uri": (),
    "date": (),
}
"""Modifiers that are implemented, by type of parameter."""

_UNESCAPED_COMMA = re.compile(r"(?<!\\)((?:\\\\)*),")
_UNESCAPED_BAR = re.compile(r"(?<!\\)((?:\\\\)*)\|")
_ESCAPE = re.compile(r"\\([\\,|$])")


def alternatives(value: str) -> list[str]:
    """The values between unescaped commas, still escaped, without empty ones (FHIR R4, Search, Escaping)."""
    return [part for part in _split(_UNESCAPED_COMMA, value) if part]


def unescaped(value: str) -> str:
    """A value without its escapes."""
    return _ESCAPE.sub(r"\1", value)


def _split(separator: re.Pattern[str], value: str) -> list[str]:
    parts, start = [], 0
    for match in separator.finditer(value):
        parts.append(value[start : match.end() - 1])
        start = match.end()
    return [*parts, value[start:]]


def filter_for(type_name: str, parameter: Parameter, modifier: str, value: str, now: datetime, zone: tzinfo) -> Filter:
    """The filter that one `name:modifier=value` asks for. Raises `BadRequest`."""
    check_modifier(parameter, modifier)
    values = alternatives(value)
    name = f"{parameter.code}:{modifier}" if modifier else parameter.code
    if not values:
        raise BadRequest(f"{name} has no value")
    if parameter.type == "date":
        return date_filter(name, parameter_number(type_name, parameter.code), values, now, zone)
    if parameter.type == "string" and modifier != "exact":
        return _string(name, parameter_number(type_name, parameter.code), values, modifier)
    readers: dict[str, Callable[[Parameter, str, str], Sequence[str]]] = {
        "token": _token,
        "reference": _reference,
        "string": lambda _, __, text: [exact(unescaped(text))],
        "uri": lambda _, __, text: [unescaped(text)],
    }
    texts = [text for v in values for text in readers[parameter.type](parameter, modifier, v)]
    terms = dict.fromkeys(term(type_name, parameter.code, text) for text in texts)
    return TermFilter(tuple(terms), negated=modifier == "not")


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


def _token(parameter: Parameter, _: str, value: str) -> list[str]:
    system, *rest = _split(_UNESCAPED_BAR, value)
    if not rest:
        return [token(ANY_SYSTEM, unescaped(value))]
    if not rest[0]:
        raise BadRequest(
            f"{parameter.code}={value} asks for any code of a system, which is not supported; accepted are "
            "code, system|code and |code",
            code="not-supported",
        )
    return [token(unescaped(system), unescaped("|".join(rest)))]


def _reference(parameter: Parameter, modifier: str, value: str) -> list[str]:
    if modifier == "identifier":
        return [f":identifier={text}" for text in _token(parameter, "", value)]
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


def _string(name: str, number: int, values: list[str], modifier: str) -> StringFilter:
    texts = tuple(dict.fromkeys(text for v in values if (text := normalised(unescaped(v)))))
    if not texts:
        raise BadRequest(f"{name} has a value without any letter or digit")
    return StringFilter(number, texts, anywhere=modifier == "contains")


def date_filter(name: str, number: int | None, values: list[str], now: datetime, zone: tzinfo) -> DateFilter:
    """The filter for dates with prefixes; `number` None: of `_lastUpdated`. Raises `BadRequest`."""
    spans = []
    for value in values:
        prefix, text = (value[:2], value[2:]) if value[:2] in PREFIXES else ("eq", value)
        try:
            meant = span(text.replace(" ", "+"), zone)
        except ValueError as error:
            raise BadRequest(
                f"{name}={value}: {error}; accepted is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss] with Z or "
                f"an offset, after one of the prefixes {', '.join(PREFIXES)} or none",
                code="value",
            ) from error
        spans.append((prefix, _approximate(meant, now) if prefix == "ap" else meant))
    return DateFilter(number, tuple(spans))


def _approximate(meant: Span, now: datetime) -> Span:
    """Wider by a tenth of the distance to now, as the specification suggests for `ap`, but by a day at least."""
    margin = max(abs(now.astimezone(UTC) - meant.low) / 10, timedelta(days=1))
    low = meant.low - margin if meant.low - EARLIEST > margin else EARLIEST
    high = meant.high + margin if LATEST - meant.high > margin else LATEST
    return Span(low, high)
