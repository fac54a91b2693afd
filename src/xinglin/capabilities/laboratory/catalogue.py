"""What can be ordered and measured, as the store's definitions say: panels, analytes, tubes."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from xinglin.fhir import build
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.platform.i18n import gettext as _

LOINC = "http://loinc.org"
TEST = "urn:xinglin:code:test"
TESTS = "laboratory-tests"
"""Id of the CodeSystem that tests are chosen from."""

SPECIMEN = "urn:xinglin:code:specimen"
CONTAINER_CAP = "http://terminology.hl7.org/CodeSystem/container-cap"
FASTING = "urn:xinglin:extension:fasting"
REPEAT_AFTER = "urn:xinglin:extension:repeat-after-days"
CALCULATION = "urn:xinglin:extension:calculation"
DELTA_LIMIT = "urn:xinglin:extension:delta-limit-percent"
WEEK = 7


@dataclass(frozen=True)
class Range:
    """Bounds for a sex, or both, from an age in years until before another one. None: no bound."""

    sex: str | None
    youngest: int
    oldest: int
    low: Decimal | None
    high: Decimal | None

    def holds(self, sex: str, age: int) -> bool:
        """Whether it is the range of this sex and age."""
        return self.sex in (None, sex) and self.youngest <= age < self.oldest

    def side(self, number: Decimal) -> str:
        """`L`, `H`, or blank for what lies within."""
        if self.low is not None and number < self.low:
            return "L"
        return "H" if self.high is not None and number > self.high else ""

    @property
    def text(self) -> str:
        """As it is printed."""
        if self.low is None:
            return f"≤ {self.high}"
        return f"≥ {self.low}" if self.high is None else f"{self.low}–{self.high}"


OLDEST = 200
ANYBODY = (None, 0, OLDEST)


@dataclass(frozen=True)
class Analyte:
    """One thing that is measured.

    `digits` after the point; `usual` the word for the normal result where it has no number, `words` all that it may be;
    `limits` what an instrument can report at all; `critical` what somebody must be told of at once; `delta` by how many
    percent it may differ from the last value within a week; `formula` by which it is worked out.
    """

    code: str
    name: str
    loinc: str | None
    unit: str
    ucum: str
    digits: int
    ranges: tuple[Range, ...]
    usual: str | None
    words: tuple[str, ...]
    limits: tuple[Decimal, Decimal] | None
    critical: Range | None = None
    delta: int | None = None
    formula: str | None = None

    def range(self, sex: str, age: int | None) -> Range | None:
        """The reference range of a sex and an age in years; None where it has none, or the age is unknown."""
        if age is None:
            return next((each for each in self.ranges if (each.sex, each.youngest) == (None, 0)), None)
        return next((each for each in self.ranges if each.holds(sex, age)), None)

    @property
    def sexes(self) -> frozenset[str]:
        """The sexes for which it has a range; both where it makes no difference."""
        named = {each.sex for each in self.ranges}
        return frozenset({"male", "female"}) if None in named or not named else frozenset(str(sex) for sex in named)

    @property
    def concept(self) -> Json:
        """Its code: LOINC where it is certain, and the house's."""
        codings = [build.coding(LOINC, self.loinc, self.name)] if self.loinc else []
        return {"coding": [*codings, build.coding(TEST, self.code, self.name)], "text": self.name}

    @classmethod
    def from_resource(cls, resource: Resource) -> "Analyte":
        """From an ObservationDefinition."""
        details = resource.get("quantitativeDetails") or {}
        unit = details.get("unit") or {}
        text = build.concept_text(unit)
        intervals = resource.get("qualifiedInterval") or ()
        absolute = next((_range(each) for each in intervals if each.get("category") == "absolute"), None)
        contained = {each["id"]: each for each in resource.get("contained") or ()}
        words = [c["code"] for c in _concepts(contained.get("words"))]
        extensions = {item["url"]: item for item in resource.get("extension") or ()}
        return cls(
            code=resource["id"],
            name=build.concept_text(resource["code"]),
            loinc=build.first_code(resource["code"], LOINC),
            unit="" if text == "1" else text,
            ucum=build.first_code(unit) or "1",
            digits=int(details.get("decimalPrecision", 0)),
            ranges=tuple(_range(each) for each in intervals if each.get("category", "reference") == "reference"),
            usual=next((c["code"] for c in _concepts(contained.get("usual"))), None),
            words=tuple(words),
            limits=(absolute.low, absolute.high) if absolute and absolute.low is not None and absolute.high else None,
            critical=next((_range(each) for each in intervals if each.get("category") == "critical"), None),
            delta=extensions.get(DELTA_LIMIT, {}).get("valueInteger"),
            formula=extensions.get(CALCULATION, {}).get("valueCode"),
        )


def _concepts(value_set: Resource | None) -> list[Json]:
    return [each for part in (value_set or {}).get("compose", {}).get("include") or () for each in part["concept"]]


def _range(interval: Json) -> Range:
    bounds, age = interval.get("range") or {}, interval.get("age") or {}
    return Range(
        interval.get("gender"),
        int(build.amount(age.get("low"))),
        int(build.amount(age["high"])) if "high" in age else OLDEST,
        build.amount(bounds["low"]) if "low" in bounds else None,
        build.amount(bounds["high"]) if "high" in bounds else None,
    )


@dataclass(frozen=True)
class Panel:
    """What is ordered together: a tube, and its analytes in their order. `fasting`: the patient must not have eaten;
    `repeat_after`: days before which the same test is worth a question."""

    code: str
    name: str
    tube: str
    analytes: tuple[str, ...]
    fasting: bool = False
    repeat_after: int = WEEK

    @classmethod
    def from_resource(cls, resource: Resource) -> "Panel":
        """From an ActivityDefinition."""
        extensions = {item["url"]: item for item in resource.get("extension") or ()}
        return cls(
            code=resource["id"],
            name=str(resource.get("title", resource["id"])),
            tube=_ids(resource.get("specimenRequirement"))[0],
            analytes=tuple(_ids(resource.get("observationResultRequirement"))),
            fasting=bool(extensions.get(FASTING, {}).get("valueBoolean")),
            repeat_after=int(extensions.get(REPEAT_AFTER, {}).get("valueInteger", WEEK)),
        )


def _ids(references: Iterable[Json] | None) -> list[str]:
    return [each["reference"].partition("/")[2] for each in references or ()]


@dataclass(frozen=True)
class Tube:
    """What a specimen is collected in."""

    code: str
    material: str
    container: str
    cap: str
    cap_text: str
    volume: str

    @classmethod
    def from_resource(cls, resource: Resource) -> "Tube":
        """From a SpecimenDefinition."""
        container = (resource.get("typeTested") or [{}])[0].get("container") or {}
        return cls(
            code=resource["id"],
            material=build.concept_text(resource.get("typeCollected")),
            container=str(container.get("description", "")),
            cap=build.first_code(container.get("cap")) or "",
            cap_text=build.concept_text(container.get("cap")),
            volume=str(container.get("minimumVolumeString", "")),
        )


async def read_panel(context: Context, code: str) -> Panel:
    """The panel with this code. Raises `Refused` where the catalogue holds none."""
    try:
        held = await context.read(f"ActivityDefinition/{code}")
    except NotFound:
        held = {}
    if not held.get("observationResultRequirement") or held.get("status") != "active":
        raise Refused(_("The laboratory's catalogue holds no test {code}").format(code=code), expression="test")
    return Panel.from_resource(held)


async def read_panels(context: Context, codes: Iterable[str]) -> dict[str, Panel]:
    """Panels by their codes; those that do not exist any more are absent."""
    held = await context.read_many(f"ActivityDefinition/{code}" for code in codes if code)
    return {item["id"]: Panel.from_resource(item) for item in held.values() if item.get("specimenRequirement")}


async def read_analytes(context: Context, panel: Panel) -> dict[str, Analyte]:
    """The analytes of a panel by code, in the panel's order."""
    held = await context.read_many(f"ObservationDefinition/{code}" for code in panel.analytes)
    found = {item["id"]: Analyte.from_resource(item) for item in held.values()}
    return {code: found[code] for code in panel.analytes if code in found}


async def read_tubes(context: Context, codes: Iterable[str]) -> dict[str, Tube]:
    """Tubes by the ids of their SpecimenDefinitions."""
    held = await context.read_many(f"SpecimenDefinition/{code}" for code in codes)
    return {item["id"]: Tube.from_resource(item) for item in held.values()}
