"""What the doctor sees of a patient besides the open visit."""

from dataclasses import dataclass, replace
from typing import Any

from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context

LOW, HIGH = {"L", "LL", "<"}, {"H", "HH", ">"}
SUMMARY_ROWS = 8
SPARK_WIDTH, SPARK_HEIGHT, SPARK_VALUES = 60, 16, 12


@dataclass(frozen=True)
class Result:
    """A value to show: name, value with unit, `flag` (`high`, `low` or none) and the time it was taken. `series` holds
    the numbers of this kind until now, the oldest first, where several were read."""

    name: str
    value: str
    unit: str
    flag: str
    at: str
    code: str
    series: tuple[float, ...] = ()

    @property
    def spark(self) -> str:
        """The series as points of a line 60 wide and 16 high, for SVG; blank where nothing has changed."""
        if len(set(self.series)) < 2:
            return ""
        low, high = min(self.series), max(self.series)
        span = high - low
        step = SPARK_WIDTH / (len(self.series) - 1)
        heights = [(high - value) / span for value in self.series]
        return " ".join(f"{at * step:.1f},{1 + height * (SPARK_HEIGHT - 2):.1f}" for at, height in enumerate(heights))


@dataclass(frozen=True)
class Summary:
    """The left column: what is known before the patient says a word. Counts tell how many there are in all."""

    allergies: list[Resource]
    vitals: list[Result]
    problems: list[Resource]
    medicines: list[Resource]
    results: list[Result]


async def summary(context: Context, patient: str) -> Summary:
    """Allergies, last vital signs, active problems (those of the problem list first), current medicines and last
    laboratory results of a patient."""
    about = ("patient", patient)
    allergies = await context.search("AllergyIntolerance", [about, ("clinical-status", "active"), ("_count", "50")])
    problems = await context.search(
        "Condition", [about, ("clinical-status", "active"), ("_sort", "-recorded-date"), ("_count", "50")]
    )
    listed = [about, ("clinical-status", "active"), ("category", "problem-list-item"), ("_count", "50")]
    kept = await context.search("Condition", listed)
    medicines = await context.search(
        "MedicationRequest", [about, ("status", "active"), ("_sort", "-authoredon"), ("_count", "30")]
    )
    return Summary(
        allergies=allergies.resources,
        vitals=await latest(context, patient, "vital-signs", 80, 8),
        problems=_distinct([*kept.resources, *problems.resources], "code")[:SUMMARY_ROWS],
        medicines=_distinct(medicines.resources, "medicationCodeableConcept")[:SUMMARY_ROWS],
        results=await latest(context, patient, "laboratory", 60, SUMMARY_ROWS),
    )


async def latest(context: Context, patient: str, category: str, read: int, limit: int) -> list[Result]:
    """The newest value of each code among the `read` newest observations of a category, at most `limit`."""
    found = await context.search(
        "Observation",
        [("patient", patient), ("category", category), ("_sort", "-date"), ("_count", str(read))],
    )
    newest: dict[str, Result] = {}
    series: dict[str, list[float]] = {}
    for observation in found.resources:
        shown = result(observation)
        if shown is not None:
            newest.setdefault(shown.code, shown)
            if (number := _number(observation)) is not None:
                series.setdefault(shown.code, []).append(number)
    return [
        replace(item, series=tuple(reversed(series.get(code, [])[:SPARK_VALUES])))
        for code, item in list(newest.items())[:limit]
    ]


def _number(observation: Resource) -> float | None:
    """The number of an Observation, of several components the first: the systolic pressure."""
    parts = [observation, *(observation.get("component") or ())]
    values = [part["valueQuantity"].get("value") for part in parts if "valueQuantity" in part]
    return float(values[0]) if values and values[0] is not None else None


def result(observation: Resource) -> Result | None:
    """An Observation as something to read; None where it holds no value."""
    value, unit = _value(observation)
    if not value:
        return None
    flag = build.first_code((observation.get("interpretation") or [None])[0]) or ""
    return Result(
        name=build.concept_text(observation.get("code")),
        value=value,
        unit=unit,
        flag="high" if flag in HIGH else "low" if flag in LOW else "",
        at=str(observation.get("effectiveDateTime") or observation.get("issued") or ""),
        code=build.first_code(observation.get("code")) or build.concept_text(observation.get("code")),
    )


def _value(observation: Resource) -> tuple[str, str]:
    if "valueQuantity" in observation:
        return _quantity(observation["valueQuantity"])
    if "valueCodeableConcept" in observation:
        return build.concept_text(observation["valueCodeableConcept"]), ""
    if "valueString" in observation:
        return str(observation["valueString"]), ""
    parts = [_quantity(part["valueQuantity"]) for part in observation.get("component") or () if "valueQuantity" in part]
    return " / ".join(value for value, _unit in parts), parts[0][1] if parts else ""


def _quantity(quantity: dict[str, Any]) -> tuple[str, str]:
    value = quantity.get("value")
    if value is None:
        return "", ""
    # Synthea writes values with up to sixteen digits; nobody at the bedside reads more than four of them.
    text = f"{value:.4g}" if isinstance(value, float) and value < 10000 else str(value)
    return text, str(quantity.get("unit") or quantity.get("code") or "")


def _distinct(resources: list[Resource], element: str) -> list[Resource]:
    held: dict[str, Resource] = {}
    for resource in resources:
        held.setdefault(build.concept_text(resource.get(element)) or resource["id"], resource)
    return list(held.values())
