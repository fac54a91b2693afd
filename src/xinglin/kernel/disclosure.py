"""Which patients something shows: found in what is shown itself, so that no view or screen has to tell."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel

_PATIENT = re.compile(r"Patient/[A-Za-z0-9.-]{1,64}")
_REFERENCE = re.compile(r"(?:[A-Z][A-Za-z]+/|account:)[A-Za-z0-9.-]{1,64}")


def patients_in(value: Any) -> set[str]:
    """References of all patients in `value`, however deep: Patient resources, and texts such as `Patient/1`."""
    found: set[str] = set()
    _collect(value, found)
    return found


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, str):
        if value.startswith("Patient/") and _PATIENT.fullmatch(value):
            found.add(value)
    elif isinstance(value, Mapping):
        if value.get("resourceType") == "Patient" and "id" in value:
            found.add(f"Patient/{value['id']}")
        for part in value.values():
            _collect(part, found)
    elif isinstance(value, BaseModel):
        _collect(vars(value), found)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            _collect(getattr(value, each.name), found)
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for part in value:
            _collect(part, found)


def references_in(values: Any) -> list[str]:
    """The texts in an input that have the form of a reference, such as `Encounter/1`, or name an account, such as
    `account:1`; patients first."""
    texts = values.values() if isinstance(values, Mapping) else ()
    found = {text for text in texts if isinstance(text, str) and _REFERENCE.fullmatch(text)}
    return sorted(found, key=lambda text: (not text.startswith("Patient/"), text))
