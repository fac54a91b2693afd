"""Goes through a resource by the table."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from xinglin.exchange.fhir.deidentifying import table
from xinglin.exchange.fhir.deidentifying.pseudonyms import Pseudonyms, shifted
from xinglin.fhir.definitions import Element, resource_types, type_definition
from xinglin.fhir.types import Json, Resource

OLDEST = 89
"""Years of age that are told; more are told as one more."""

ABSENT: Resource = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]
}
"""Stands for an element that has to be there and was left out."""

PSEUDONYMISED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "PSEUDED"}
"""The security label of what comes out."""

_REFERENCE = re.compile(r"([A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/.*)?")
_PLACE = re.compile(r"[^\W\d]+(?:[ .'\-][^\W\d]+){0,4}")
_UNIT = re.compile(r"[^\s\d]{1,12}(?:\d{1,2}[^\s\d]{0,10})?|1|10\*?\^?\d{1,2}[^\s\d]{0,10}")
_SYSTEM = re.compile(r"[a-z][a-z0-9+.\-]*:[^\s]{1,200}")
_YEARS = {"a": 1, "mo": 12, "wk": 52, "d": 365, "year": 1, "years": 1, "岁": 1, "months": 12}
_PATIENT = re.compile(r"Patient/([A-Za-z0-9\-.]{1,64})(?:/_history/.*)?")


@dataclass(frozen=True)
class _About:
    """What the elements of one resource are held against. `end`: when the patient's age is counted, shifted."""

    pseudonyms: Pseudonyms
    shift: timedelta | None
    end: date


def deidentified(resource: Resource, pseudonyms: Pseudonyms, today: date) -> Resource | None:
    """A resource as it may leave the house; None for a type that is not exported."""
    type = resource["resourceType"]
    if type not in table.TYPES:
        return None
    patient = resource["id"] if type == "Patient" else patient_of(resource)
    shift = pseudonyms.shift(patient) if patient else None
    died = shifted(str(resource.get("deceasedDateTime", "")), shift) if shift and type == "Patient" else None
    end = date(int(died[:4]), 12, 31) if died else today
    made = _walked(type, resource, _About(pseudonyms, shift, end))
    first = {"resourceType": type, "id": pseudonyms.id(type, resource["id"]), "meta": {"security": [PSEUDONYMISED]}}
    return {**first, **made}


def patient_of(resource: Resource) -> str | None:
    """The id of the patient whom a resource is about; None where none, or more than one, is named."""
    named = set[str]()
    for element in ("subject", "patient", "beneficiary"):
        value = resource.get(element)
        if isinstance(value, dict) and (found := _PATIENT.fullmatch(value.get("reference", ""))):
            named.add(found[1])
    return named.pop() if len(named) == 1 else None


@cache
def _elements(type_name: str) -> Mapping[str, tuple[Element, str]]:
    """Property → its element, and the data type that it tells."""
    found = type_definition(type_name).elements.values()
    return {name: (each, ref.name) for each in found for name, ref in each.json_names().items()}


def _walked(type_name: str, value: Resource, about: _About) -> Resource:
    made: Resource = {}
    elements = _elements(type_name)
    for name, each in value.items():
        if name in elements and (shown := _shown(type_name, *elements[name], each, about)) is not None:
            made[name] = shown
    for element in type_definition(type_name).elements.values():
        names = element.json_names()
        left_out = element.min and made.keys().isdisjoint(names) and not value.keys().isdisjoint(names)
        if left_out:
            name = next(name for name in names if name in value)
            primitive = not isinstance(value[name], dict | list)
            made[f"_{name}" if primitive else name] = [ABSENT] if isinstance(value[name], list) else ABSENT
    return made


def _shown(type_name: str, element: Element, data_type: str, value: Json, about: _About) -> Json:
    """What is told of an element; None where nothing is."""
    does = table.action(f"{type_name}.{element.name}", data_type)
    if not does:
        return None
    if isinstance(value, list):
        return [shown for each in value if (shown := _one(does, data_type, each, about)) is not None] or None
    return _one(does, data_type, value, about)


def _one(does: str, data_type: str, value: Json, about: _About) -> Json:
    if does == table.WALK:
        return (_walked(data_type, value, about) or None) if isinstance(value, dict) else None
    if does == table.KEEP:
        return value if not isinstance(value, dict | list) else None
    return _ACTIONS[does](data_type, value, about)


def _shift(_data_type: str, value: Json, about: _About) -> Json:
    return shifted(value, about.shift) if about.shift and isinstance(value, str) else None


def _birth(data_type: str, value: Json, about: _About) -> Json:
    moved = _shift(data_type, value, about)
    if not isinstance(moved, str) or about.shift is None:
        return None
    last = about.end.year - OLDEST - 1
    # By the year: who is about to be 90 is taken for 90, lest a date tell of one more year.
    return f"{last:04}" if int(moved[:4]) <= last else moved


def _age(data_type: str, value: Json, about: _About) -> Json:
    if not isinstance(value, dict):
        return None
    made = _walked(data_type, value, about)
    years = _YEARS.get(str(value.get("code") or value.get("unit")), 0)
    if years and isinstance(made.get("value"), int | float) and made["value"] > OLDEST * years:
        made["value"] = (OLDEST + 1) * years
    return made or None


def _refer(_data_type: str, value: Json, about: _About) -> Json:
    found = _REFERENCE.fullmatch(value.get("reference", "")) if isinstance(value, dict) else None
    if found is None or found[1] not in resource_types():
        return None
    return {"reference": f"{found[1]}/{about.pseudonyms.id(found[1], found[2])}"}


def _matching(pattern: re.Pattern[str]) -> Callable[[str, Json, _About], Json]:
    return lambda _data_type, value, _about: value if isinstance(value, str) and pattern.fullmatch(value) else None


_ACTIONS: Mapping[str, Callable[[str, Json, _About], Json]] = {
    table.SHIFT: _shift,
    table.BIRTH: _birth,
    table.AGE: _age,
    table.REFER: _refer,
    table.CITY: _matching(_PLACE),
    table.SYSTEM: _matching(_SYSTEM),
    table.UNIT: _matching(_UNIT),
}
