"""Masks: what is left of names, numbers, addresses and telephones for those who need only to tell people apart.

A mask is made from the value alone, element by element of its data type; what a type has besides, such as extensions,
is left out. So whatever has a mask is safe to show, and what has none is not shown.
"""

import re
from collections.abc import Callable, Mapping

from xinglin.fhir.definitions import is_type, type_definition
from xinglin.fhir.types import Json, Resource

_STARS = "*" * 4
_DIGITS = re.compile(r"\d")
_TOGETHER = 4
# Stars for what is left out of a text in which the number of characters would tell.


def maskable(type_name: str, element: str) -> bool:
    """Whether an element of a type has a mask, or parts of it have."""
    return _kind(type_name, element) in _MASKS or _parts(type_name, element) is not None


def mask(type_name: str, element: str, value: Json) -> Json:
    """What is shown of an element of a type; None where it has no mask."""
    if isinstance(value, list):
        return [shown for each in value if (shown := mask(type_name, element, each)) not in (None, {})] or None
    kind = _kind(type_name, element)
    if kind in _MASKS:
        return _MASKS[kind](value)
    parts = _parts(type_name, element)
    if parts is None or not isinstance(value, dict):
        return None
    found = {name: _part(parts, name, each) for name, each in value.items()}
    return {name: each for name, each in found.items() if each is not None}


def number(text: str) -> str:
    """A number or code: of eleven characters and more the first three and last four, of fewer the last two."""
    if len(text) >= 11:
        return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}"
    return f"{'*' * (len(text) - 2)}{text[-2:]}" if len(text) >= 6 else "*" * len(text)


def name(text: str) -> str:
    """A name: 王*明, 王*; of names with spaces the first letter of each word."""
    words = text.split()
    if len(words) > 1 or text.isascii():
        return " ".join(f"{word[0]}{_STARS}" for word in words)
    return f"{text[0]}{'*' * (len(text) - 2)}{text[-1]}" if len(text) > 2 else f"{text[:1]}{'*' * (len(text) - 1)}"


def address(text: str) -> str:
    """The beginning of an address, up to six characters before the first digit."""
    digit = _DIGITS.search(text)
    return f"{text[: min(6, digit.start() if digit else 6, len(text) // 2)]}{_STARS}"


def contact(text: str) -> str:
    """A telephone number, or an address of mail by its first letter and its domain."""
    local, at, domain = text.partition("@")
    return f"{local[:1]}{_STARS}@{domain}" if at else number(text)


def _text(value: Json, of: Callable[[str], str]) -> Json:
    return of(value) if isinstance(value, str) and value else None


def _masked(value: Json, kept: tuple[str, ...], masks: Mapping[str, Callable[[str], str]]) -> Json:
    if not isinstance(value, dict):
        return None
    found: Resource = {}
    for key, each in value.items():
        if key in kept:
            found[key] = each
        elif key in masks and isinstance(each, list):
            found[key] = [_text(part, masks[key]) for part in each if isinstance(part, str) and part]
        elif key in masks:
            found[key] = _text(each, masks[key])
    return {key: each for key, each in found.items() if each not in (None, [])}


def _human_name(value: Json) -> Json:
    found = _masked(value, ("use", "period"), {"text": name, "family": name, "given": name})
    if found and "family" in found and "given" in found and not value["family"].isascii():
        found["given"] = ["*" * len(given) for given in value["given"] if given]  # 王 and 小明: 王 and **
    return found


def _identifier(value: Json) -> Json:
    # The number by which a hospital itself calls somebody is what people are told apart by.
    if isinstance(value, dict) and value.get("use") == "usual":
        return _masked(value, ("use", "type", "system", "value", "period"), {})
    return _masked(value, ("use", "type", "system", "period"), {"value": number})


_MASKS: Mapping[str, Callable[[Json], Json]] = {
    "HumanName": _human_name,
    "Identifier": _identifier,
    "ContactPoint": lambda value: _masked(value, ("system", "use", "rank", "period"), {"value": contact}),
    "Address": lambda value: _masked(
        value, ("use", "type", "city", "district", "state", "country", "period"), {"text": address, "line": address}
    ),
    "string": lambda value: _text(value, name),
}


def _kind(type_name: str, element: str) -> str:
    found = type_definition(type_name).elements.get(element)
    return found.types[0].name if found is not None and not found.choice else ""


def _parts(type_name: str, element: str) -> str | None:
    """The backbone, such as `Patient.contact`, of an element that has parts with masks."""
    path = f"{type_name}.{element}"
    if not is_type(path):
        return None
    kinds = {_kind(path, part) for part in type_definition(path).elements}
    return path if kinds & {"HumanName", "ContactPoint", "Address"} else None


def _part(path: str, part: str, value: Json) -> Json:
    if maskable(path, part):
        return mask(path, part, value)
    return value if _kind(path, part) in ("CodeableConcept", "Period", "code") else None
