"""How the values of a resource are spelled in its terms, by their data type (FHIR R4, Search, token and reference)."""

from collections.abc import Callable
from functools import cache, lru_cache

from xinglin.fhir.definitions import value_set
from xinglin.fhir.fhirpath.references import target_of
from xinglin.fhir.search.terms import ANY_SYSTEM, any_code, token
from xinglin.fhir.types import Json

Spell = Callable[[Json], list[str]]
"""The spellings under which one value is found."""


def coding(value: Json) -> list[str]:
    """system|code, the code in any system, any code of the system."""
    code, system = value.get("code"), value.get("system")
    found = [token(system, code), token(ANY_SYSTEM, code)] if code else []
    return [*found, any_code(system)] if system else found


def concept(value: Json) -> list[str]:
    """The spellings of all codings of a CodeableConcept."""
    return [text for part in value.get("coding") or () for text in coding(part)]


def identifier(value: Json) -> list[str]:
    """An identifier by its value, by system, and by its type (`:of-type`)."""
    text, system = value.get("value"), value.get("system")
    found = [any_code(system)] if system else []
    if text:
        found += [token(system, text), token(ANY_SYSTEM, text)]
        kinds = (value.get("type") or {}).get("coding") or ()
        found += [of_type(kind.get("system"), kind["code"], text) for kind in kinds if kind.get("code")]
    return found


def of_type(system: str | None, code: str, value: str) -> str:
    """The spelling of an identifier of a type."""
    return f":of-type={system or ''}|{code}|{value}"


def plain(value: Json) -> list[str]:
    """A string, id or boolean: a code without a system."""
    text = value if isinstance(value, str) else "true" if value is True else "false"
    return [token(None, text), token(ANY_SYSTEM, text)]


def contact(value: Json) -> list[str]:
    """A ContactPoint by its value."""
    return plain(value["value"]) if value.get("value") else []


@cache
def _systems(binding: str) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((value_set(binding) or {}).items()) if binding else ()


def code(binding: str) -> Spell:
    """Spells codes whose system is not written but follows from their required binding."""
    systems = _systems(binding)

    def spell(value: Json) -> list[str]:
        owners = [system for system, codes in systems if value in codes]
        return [*plain(value), *(token(s, value) for s in owners), *(any_code(s) for s in owners)]

    return spell


def itself(value: Json) -> list[str]:
    """A URI or a reference by URL."""
    return [value]


def reference(value: Json) -> list[str]:
    """A Reference by the name or URL of its target, and by its identifier."""
    found = []
    literal = value.get("reference")
    if literal and literal[0] != "#":
        found.append(_literal(literal))
    logical = value.get("identifier")
    if logical and logical.get("value"):
        found += [by_identifier(text) for text in identifier(logical)]
    return found


@lru_cache(maxsize=8192)
def _literal(reference: str) -> str:
    target = target_of(reference)
    return "/".join(target) if target and ":" not in reference else reference


def by_identifier(text: str) -> str:
    """The spelling of a reference by the identifier of its target, itself spelled as a token."""
    return f":identifier={text}"


def canonical(value: Json) -> list[str]:
    """A canonical URL with its version and without."""
    url, bar, _ = value.partition("|")
    return [url, value] if bar else [value]


def name(value: Json) -> list[str]:
    """The parts of a HumanName, and for Chinese names family and given name together."""
    family, given = value.get("family"), [part for part in value.get("given") or () if part]
    parts = [value.get("text"), family, *given, *(value.get("prefix") or ()), *(value.get("suffix") or ())]
    if family and given and not family.isascii():
        parts.append(family + "".join(given))  # 张 and 三: people look for 张三
    return [part for part in parts if part]


def address(value: Json) -> list[str]:
    """The parts of an Address."""
    parts = [value.get(k) for k in ("text", "city", "district", "state", "postalCode", "country")]
    return [part for part in (*parts, *(value.get("line") or ())) if part]


def displays(value: Json) -> list[str]:
    """The texts that belong to a code, for `:text`: of a CodeableConcept, a Coding, or an Identifier's type."""
    if not isinstance(value, dict):
        return []
    if "type" in value and "coding" not in value:
        return displays(value["type"])
    parts = [value.get("text"), value.get("display"), *(c.get("display") for c in value.get("coding") or ())]
    return [part for part in parts if isinstance(part, str) and part]


TOKENS: dict[str, Spell] = {
    "CodeableConcept": concept,
    "Coding": coding,
    "ContactPoint": contact,
    "Identifier": identifier,
    "boolean": plain,
    "id": plain,
    "string": plain,
    "uri": plain,
}
REFERENCES: dict[str, Spell] = {"Reference": reference, "canonical": canonical, "uri": itself}
TEXTS: dict[str, Spell] = {"Address": address, "HumanName": name, "markdown": itself, "string": itself}
DISPLAYED = frozenset({"CodeableConcept", "Coding", "Identifier"})
"""Types whose values may carry texts that `:text` looks for."""
