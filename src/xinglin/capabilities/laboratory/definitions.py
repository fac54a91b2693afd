"""The catalogue with which a new hospital begins, read from its tables, and as resources."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from xinglin.capabilities.laboratory import tables
from xinglin.capabilities.laboratory.catalogue import (
    ANYBODY,
    CALCULATION,
    CONTAINER_CAP,
    DELTA_LIMIT,
    FASTING,
    OLDEST,
    REPEAT_AFTER,
    SPECIMEN,
    TEST,
    TESTS,
    WEEK,
    Analyte,
    Panel,
    Range,
)  # fmt: skip
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource

RESULT = "urn:xinglin:code:result"


@dataclass(frozen=True)
class Offer(Panel):
    """A panel with what it costs, and the minutes until its report."""

    price: str = ""
    minutes: int = 0
    derived: tuple[str, ...] = ()


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _ranges(text: str) -> tuple[Range, ...]:
    """`M18-:130~175` is the range of men from 18 years on; without a letter it is that of both sexes."""
    found = []
    for part in text.split():
        who, _, bounds = part.partition(":")
        sex = {"M": "male", "F": "female"}.get(who[0])
        youngest, _, oldest = who.lstrip("MF").partition("-")
        low, _, high = bounds.partition("~")
        found.append(Range(sex, int(youngest), int(oldest or OLDEST), _number(low), _number(high)))
    return tuple(found)


@cache
def analytes() -> dict[str, Analyte]:
    """Every analyte by its code."""
    critical = dict(line.split("|") for line in tables.CRITICAL.strip().splitlines())
    found = {}
    for line in tables.ANALYTES.strip().splitlines():
        code, name, loinc, unit, ucum, digits, ranges, limits = line.split("|")
        usual = ranges[1:] if ranges.startswith("=") else None
        words = tuple(tables.WORDS.get(code, "阴性|阳性").split("|")) if usual else ()
        low, _, high = limits.partition("~")
        found[code] = Analyte(
            code,
            name,
            loinc or None,
            unit,
            ucum,
            int(digits or 0),
            () if usual else _ranges(ranges),
            usual,
            words,
            (Decimal(low), Decimal(high)) if limits else None,
            Range(*ANYBODY, *map(_number, critical[code].split("~"))) if code in critical else None,
            tables.DELTA.get(code),
            tables.CALCULATED.get(code),
        )
    return found


@cache
def panels() -> dict[str, Offer]:
    """Every panel by its code; `analytes` are those that are measured, `derived` those that are only worked out."""
    found = {}
    for line in tables.PANELS.strip().splitlines():
        code, name, tube, measured, price, minutes = line.split("|")
        derived = tuple(tables.DERIVED.get(code, "").split())
        found[code] = Offer(
            code, name, tube, tuple(measured.split()), code in tables.FASTING, tables.REPEAT.get(code, WEEK),
            price, int(minutes), derived,
        )  # fmt: skip
    return found


def resources() -> Iterator[Resource]:
    """SpecimenDefinitions, ObservationDefinitions and ActivityDefinitions, and the CodeSystem that panels are found
    by."""
    for line in tables.TUBES.strip().splitlines():
        yield tube_definition(*line.split("|"))
    for analyte in analytes().values():
        yield analyte_definition(analyte)
    for panel in panels().values():
        yield panel_definition(panel)
    yield {
        "resourceType": "CodeSystem",
        "id": TESTS,
        "url": TEST,
        "name": "LaboratoryTests",
        "title": "检验项目",
        "status": "active",
        "content": "fragment",
        "concept": [{"code": panel.code, "display": panel.name} for panel in panels().values()],
    }


def tube_definition(code: str, material: str, container: str, cap: str, cap_text: str, volume: str) -> Resource:
    """A SpecimenDefinition."""
    kind = build.concept(SPECIMEN, code, material)
    held = {
        "cap": build.concept(CONTAINER_CAP, cap, cap_text) if cap else None,
        "description": container,
        "minimumVolumeString": f"{volume} mL" if volume else None,
    }
    return {
        "resourceType": "SpecimenDefinition",
        "id": f"specimen-{code}",
        "typeCollected": kind,
        "typeTested": [{"preference": "preferred", "type": kind, "container": build.without_empty(held)}],
    }


def panel_definition(panel: Offer) -> Resource:
    """An ActivityDefinition."""
    extensions: list[Json] = [{"url": FASTING, "valueBoolean": True}] if panel.fasting else []
    if panel.repeat_after != WEEK:
        extensions.append({"url": REPEAT_AFTER, "valueInteger": panel.repeat_after})
    names = {code: analytes()[code].name for code in (*panel.analytes, *panel.derived)}
    return build.without_empty(
        {
            "resourceType": "ActivityDefinition",
            "id": panel.code,
            "extension": extensions,
            "url": f"urn:xinglin:test:{panel.code}",
            "name": "".join(part.capitalize() for part in panel.code.split("-")),
            "title": panel.name,
            "status": "active",
            "kind": "ServiceRequest",
            "code": build.concept(TEST, panel.code, panel.name),
            "specimenRequirement": [build.reference(f"SpecimenDefinition/specimen-{panel.tube}")],
            "observationResultRequirement": [
                build.reference(f"ObservationDefinition/{code}", name) for code, name in names.items()
            ],
        }
    )


def analyte_definition(analyte: Analyte) -> Resource:
    """An ObservationDefinition. The words of a result are ValueSets that it contains."""
    details, contained, coded = {}, [], {}
    if analyte.usual is None:
        unit = {"coding": [build.coding("http://unitsofmeasure.org", analyte.ucum)], "text": analyte.unit or "1"}
        details = {"unit": unit, "decimalPrecision": analyte.digits}
    else:
        contained = [_value_set("words", analyte.words), _value_set("usual", (analyte.usual,))]
        coded = {"validCodedValueSet": build.reference("#words"), "normalCodedValueSet": build.reference("#usual")}
    extensions: list[Json] = [{"url": CALCULATION, "valueCode": analyte.formula}] if analyte.formula else []
    if analyte.delta is not None:
        extensions.append({"url": DELTA_LIMIT, "valueInteger": analyte.delta})
    usual = [_interval(analyte, each, "reference") for each in analyte.ranges if _bounded(each)]
    critical = [_interval(analyte, analyte.critical, "critical")] if analyte.critical else []
    limits = [_interval(analyte, Range(*ANYBODY, *analyte.limits), "absolute")] if analyte.limits else []
    return build.without_empty(
        {
            "resourceType": "ObservationDefinition",
            "id": analyte.code,
            "contained": contained,
            "extension": extensions,
            "code": analyte.concept,
            "permittedDataType": ["CodeableConcept" if analyte.usual else "Quantity"],
            "quantitativeDetails": details,
            "qualifiedInterval": [*usual, *critical, *limits],
            **coded,
        }
    )


def _bounded(range: Range) -> bool:
    return (range.low, range.high) != (None, None)


def _value_set(id: str, words: tuple[str, ...]) -> Resource:
    concepts = [{"code": word} for word in words]
    include = [{"system": RESULT, "concept": concepts}]
    return {"resourceType": "ValueSet", "id": id, "status": "active", "compose": {"include": include}}


def _interval(analyte: Analyte, bounds: Range, category: str) -> Json:
    def quantity(number: Decimal | None) -> Json | None:
        if number is None:
            return None
        places = max(analyte.digits, -int(number.as_tuple().exponent)) if category != "reference" else analyte.digits
        return build.quantity(Decimal(f"{number:.{places}f}"), analyte.unit or "1", analyte.ucum)

    years = {"low": build.quantity(bounds.youngest, "岁", "a")} if bounds.youngest else {}
    if bounds.oldest < OLDEST:
        years["high"] = build.quantity(bounds.oldest, "岁", "a")
    return build.without_empty(
        {
            "category": category,
            "range": build.without_empty({"low": quantity(bounds.low), "high": quantity(bounds.high)}),
            "gender": bounds.sex,
            "age": years,
        }
    )
