"""Small builders of R4 datatypes, so that capability code reads like the specification and not like brackets."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from xinglin.fhir.types import Resource

Json = dict[str, Any]


def without_empty(value: Json) -> Json:
    """`value` without members that FHIR would not write: None, empty strings, lists and objects (R4 2.6.2)."""
    return {name: item for name, item in value.items() if item not in (None, "", [], {})}


def reference(target: Resource | str, display: str | None = None) -> Json:
    """A literal Reference to a stored resource or to `Type/id`."""
    literal = target if isinstance(target, str) else f"{target['resourceType']}/{target['id']}"
    return without_empty({"reference": literal, "display": display})


def identifier(system: str, value: str, use: str | None = None) -> Json:
    """An Identifier."""
    return without_empty({"use": use, "system": system, "value": value})


def coding(system: str, code: str, display: str | None = None) -> Json:
    """A Coding."""
    return without_empty({"system": system, "code": code, "display": display})


def concept(system: str, code: str, display: str | None = None) -> Json:
    """A CodeableConcept with one Coding, its display also as text."""
    return without_empty({"coding": [coding(system, code, display)], "text": display})


def quantity(value: Decimal | int, unit: str, code: str | None = None) -> Json:
    """A Quantity; `code` is the UCUM code where it differs from the unit shown."""
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": code or unit}


def money(value: Decimal, currency: str = "CNY") -> Json:
    """A Money with two decimal places."""
    return {"value": value.quantize(Decimal("0.01")), "currency": currency}


def amount(value: Json | None) -> Decimal:
    """The number in a Money or Quantity; 0 where there is none."""
    return Decimal(str((value or {}).get("value", 0)))


def instant(moment: datetime) -> str:
    """A dateTime or instant with offset and whole seconds."""
    return moment.isoformat(timespec="seconds")


def first_code(value: Json | None, system: str | None = None) -> str | None:
    """The first code of a CodeableConcept, of `system` where one is named."""
    for item in (value or {}).get("coding") or ():
        if system in (None, item.get("system")) and "code" in item:
            return str(item["code"])
    return None


def concept_text(value: Json | None) -> str:
    """What a person reads of a CodeableConcept: its text, else the first display, else the first code."""
    if not value:
        return ""
    codings = value.get("coding") or [{}]
    return str(value.get("text") or codings[0].get("display") or codings[0].get("code") or "")


def find_identifier(resource: Resource, system: str) -> str | None:
    """The value of the resource's identifier of `system`."""
    held = resource.get("identifier") or ()
    many: Iterable[Json] = [held] if isinstance(held, dict) else held
    return next((str(item["value"]) for item in many if item.get("system") == system and "value" in item), None)


def person_name(resource: Resource | None) -> str:
    """A person's name as written: `text` where given, Chinese names without a space, others given name first."""
    names: Any = (resource or {}).get("name") or []
    if isinstance(names, str):
        return names
    chosen = next((name for name in names if name.get("use") in ("official", "usual")), names[0] if names else {})
    if chosen.get("text"):
        return str(chosen["text"])
    family, given = str(chosen.get("family") or ""), [str(part) for part in chosen.get("given") or ()]
    if family and not family.isascii():
        return family + "".join(given)
    return " ".join([*given, family]).strip()


def replaced_by(patient: Resource) -> str | None:
    """The reference of the record that replaces a Patient (R4, Patient.link), None for one that stands by itself."""
    links = patient.get("link") or ()
    return next((str(each["other"].get("reference")) for each in links if each.get("type") == "replaced-by"), None)


def replaces(patient: Resource) -> list[str]:
    """The references of the records that a Patient replaces (R4, Patient.link)."""
    links = patient.get("link") or ()
    return [str(each["other"].get("reference")) for each in links if each.get("type") == "replaces"]


def age_in_years(birth: str | None, today: date) -> int | None:
    """Completed years of life; None while the date is unknown. Partial dates count from their first day."""
    if not birth:
        return None
    year, month, day = [int(part) for part in f"{birth}-01-01".split("-")[:3]]
    return today.year - year - ((today.month, today.day) < (month, day))
