"""The examinations and rooms with which a new hospital begins, read from the tables, and as resources."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from xinglin.capabilities.imaging import tables
from xinglin.capabilities.imaging.catalogue import (
    FLAGS,
    PLACE_MINUTES,
    PROPERTIES,
    STUDIES,
    STUDY,
    TEMPLATE,
    Study,
)
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource

WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True)
class Offer(Study):
    """An examination with what it costs, and the minutes until its report."""

    price: str = ""
    minutes: int = 0


@cache
def studies() -> dict[str, Offer]:
    """Every examination by its code."""
    normal = {line.split("|")[0]: tuple(line.split("|")[1:]) for line in tables.NORMAL.strip().splitlines()}
    found = {}
    for line in tables.STUDIES.strip().splitlines():
        code, name, price, minutes, flags, modality, room, site = line.split("|")
        found[code] = Offer(
            code, name, modality, f"imaging-{room}", site,
            rays="x" in flags, iodine="i" in flags, gadolinium="g" in flags, magnet="m" in flags, sided="s" in flags,
            sex="male" if "M" in flags else "female" if "F" in flags else "",
            template=normal.get(code),  # type: ignore[arg-type]
            price=price, minutes=int(minutes),
        )  # fmt: skip
    return found


def resources() -> Iterator[Resource]:
    """HealthcareServices of the rooms, ActivityDefinitions, and the CodeSystem that examinations are found by."""
    for line in tables.ROOMS.strip().splitlines():
        yield room_definition(*line.split("|"))
    for study in studies().values():
        yield study_definition(study)
    yield {
        "resourceType": "CodeSystem",
        "id": STUDIES,
        "url": STUDY,
        "name": "Examinations",
        "title": "检查项目",
        "status": "active",
        "content": "complete",
        "concept": [{"code": study.code, "display": study.name} for study in studies().values()],
    }


def room_definition(code: str, name: str, kind: str, minutes: str) -> Resource:
    """A HealthcareService: a room with its hours."""
    hours = [
        {"daysOfWeek": WEEK, "availableStartTime": f"{begin}:00", "availableEndTime": f"{end}:00"}
        for begin, end in tables.HOURS
    ]
    return {
        "resourceType": "HealthcareService",
        "id": f"imaging-{code}",
        "extension": [{"url": PLACE_MINUTES, "valueInteger": int(minutes)}],
        "active": True,
        "name": name,
        "appointmentRequired": kind == "booked",
        "availableTime": hours,
    }


def study_definition(study: Study) -> Resource:
    """An ActivityDefinition."""
    parts: list[Json] = [
        {"url": "modality", "valueCode": study.modality},
        {"url": "room", "valueId": study.room},
        *({"url": name, "valueBoolean": True} for name in FLAGS if getattr(study, name)),
    ]
    if study.sex:
        parts.append({"url": "sex", "valueCode": study.sex})
    extensions: list[Json] = [{"url": PROPERTIES, "extension": parts}]
    if study.template:
        written = zip(("findings", "impression"), study.template, strict=True)
        extensions.append(
            {"url": TEMPLATE, "extension": [{"url": name, "valueString": text} for name, text in written]}
        )
    return build.without_empty(
        {
            "resourceType": "ActivityDefinition",
            "id": study.code,
            "extension": extensions,
            "url": f"urn:xinglin:test:{study.code}",
            "name": "".join(part.capitalize() for part in study.code.split("-")),
            "title": study.name,
            "status": "active",
            "kind": "ServiceRequest",
            "code": build.concept(STUDY, study.code, study.name),
            "bodySite": [{"text": study.site}] if study.site else [],
        }
    )
