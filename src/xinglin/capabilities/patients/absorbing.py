"""What the record that is left takes over from the one that it replaces, and how it gives that back."""

from typing import Any

from xinglin.capabilities.patients.resources import MEDICAL_RECORD_NUMBER
from xinglin.fhir import build
from xinglin.fhir.types import Resource

LISTS = ("identifier", "telecom", "contact", "communication", "link")
"""Elements of which the record that is left takes over whatever entries it lacks."""

SINGLE = (
    *("birthDate", "gender", "address", "photo", "maritalStatus", "deceasedBoolean", "deceasedDateTime"),
    *("multipleBirthInteger", "multipleBirthBoolean", "extension", "generalPractitioner"),
)
"""Elements that it takes over where it has none."""


def absorbed(left: Resource, gone: Resource) -> Resource:
    """The record that is left with what it lacks: numbers, so that old cards still find the patient; ways to reach
    somebody; whatever was known of the other alone; and its labels, so that nothing sensitive is less so than before.
    """
    found = dict(left)
    for name in LISTS:
        own = found.get(name) or []
        more = [_old(each) for each in gone.get(name) or () if not _among(each, own, name)]
        # Links with family go with the person; those of earlier merges speak of the record.
        more = [each for each in more if name != "link" or each["type"] == "seealso"]
        if more:
            found[name] = [*own, *more]
    deceased = any(name.startswith("deceased") for name in found)
    for name in SINGLE:
        if name in gone and name not in found and not (name.startswith("deceased") and deceased):
            found[name] = gone[name]
    labels = (left.get("meta") or {}).get("security") or []
    more = [each for each in (gone.get("meta") or {}).get("security") or () if each not in labels]
    return {**found, "meta": {**found["meta"], "security": [*labels, *more]}} if more else found


def given_back(now: Resource, before: Resource, after: Resource) -> Resource:
    """The record as it is now, without what it took over between two of its versions; what was changed since stays."""
    found = dict(now)
    for name in LISTS:
        taken = [each for each in after.get(name) or () if each not in (before.get(name) or ())]
        rest = [each for each in now.get(name) or () if each not in taken]
        found[name] = rest
    for name in SINGLE:
        if name not in before and name in after and now.get(name) == after[name]:
            del found[name]
    kept = (before.get("meta") or {}).get("security") or []
    taken = [each for each in (after.get("meta") or {}).get("security") or () if each not in kept]
    meta = dict(found["meta"])
    meta["security"] = [each for each in meta.get("security") or () if each not in taken]
    return build.without_empty({**found, "meta": build.without_empty(meta)})


def linked(patient: Resource, type: str, other: str) -> list[Resource]:
    """The links of a Patient with one more."""
    return [*(patient.get("link") or ()), {"other": build.reference(other), "type": type}]


def unlinked(patient: Resource, other: str) -> list[Resource]:
    """The links of a Patient without those to another one."""
    return [each for each in patient.get("link") or () if each["other"].get("reference") != other]


def _old(entry: dict[str, Any]) -> dict[str, Any]:
    # A record number of before is still on a card; it must not be taken for the number of now.
    return {**entry, "use": "old"} if entry.get("system") == MEDICAL_RECORD_NUMBER else entry


def _among(entry: dict[str, Any], own: list[dict[str, Any]], name: str) -> bool:
    if name in ("identifier", "telecom"):
        return any((entry.get("system"), entry.get("value")) == (each.get("system"), each.get("value")) for each in own)
    return entry in own
