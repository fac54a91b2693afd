"""What the checks need to know of a patient: age, sex, weight, kidneys, pregnancy, diseases, allergies, skin tests."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from xinglin.capabilities.pharmacy.knowledge import ICD10
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
TEST = "urn:xinglin:code:test"
ALLERGEN = "urn:xinglin:code:allergen"
SKIN_TEST = "skin-test"

EGFR = frozenset({"33914-3", "62238-1", "98979-8", "48642-3", "48643-1", "77147-7", "88293-6"})
"""LOINC codes of an estimated glomerular filtration rate, mL/min/1.73 m²."""
CREATININE = frozenset({"14682-9", "2160-0", "38483-4"})
"""LOINC codes of creatinine in blood; the unit tells whether µmol/L or mg/dL."""
WEIGHT, PREGNANCY_STATUS, HCG = "29463-7", "82810-3", "2106-3"
MICROMOLES = Decimal("88.4")

PREGNANT_CODES = ("O0", "O1", "O2", "O3", "O4", "Z33", "Z34", "Z35")
LACTATING_CODES = ("Z39.1", "O92")
PREGNANCY_LASTS = timedelta(days=294)
LACTATION_LASTS = timedelta(days=365)
KIDNEYS_HOLD = timedelta(days=180)
"""How long a value of the kidneys is taken for that of now; older ones are named and not relied on."""
WEIGHT_HOLDS = {False: timedelta(days=365), True: timedelta(days=90)}
"""How long a weight holds: of adults, and of children."""
TEST_HOLDS = timedelta(hours=72)
"""A skin test is repeated where the medicine was not begun, or stopped, within three days."""


@dataclass(frozen=True)
class Fact:
    """Something known, and the resource that says so."""

    value: str
    evidence: str


@dataclass(frozen=True)
class Measure:
    """A number, the resource that it comes from and the day of it."""

    value: Decimal
    evidence: str
    day: date


@dataclass(frozen=True)
class SkinTest:
    """A recorded skin test of an allergen."""

    allergen: str
    positive: bool
    at: datetime
    evidence: str


@dataclass(frozen=True)
class Patient:
    """A patient as the checks see them. `diseases` are ICD-10 codes with their resource; `payers` the payers' codes."""

    years: int | None
    sex: str
    weight: Measure | None = None
    egfr: Measure | None = None
    pregnant: Fact | None = None
    lactating: Fact | None = None
    diseases: tuple[Fact, ...] = ()
    allergies: tuple[Resource, ...] = ()
    skin_tests: tuple[SkinTest, ...] = ()
    insured: bool = False
    identity: bool = False
    now: datetime = field(default_factory=lambda: datetime.fromisoformat("2000-01-01T00:00:00+00:00"))

    @property
    def child(self) -> bool:
        """Whether doses go by weight."""
        return self.years is not None and self.years < 18

    def ill_with(self, prefix: str) -> Fact | None:
        """The disease whose code begins so."""
        return next((each for each in self.diseases if each.value.startswith(prefix)), None)


async def know_patient(context: Context, reference: str) -> Patient:
    """Gathers what is on record of a patient."""
    record = await context.read(reference)
    about = ("patient", reference)
    allergies = await context.search("AllergyIntolerance", [about, ("clinical-status", "active"), ("_count", "100")])
    conditions = await context.search("Condition", [about, ("clinical-status", "active"), ("_count", "200")])
    codes = [*(f"{LOINC}|{code}" for code in sorted({*EGFR, *CREATININE, WEIGHT, PREGNANCY_STATUS, HCG}))]
    codes.append(f"{TEST}|{SKIN_TEST}")
    observations = await context.search(
        "Observation", [about, ("code", ",".join(codes)), ("_sort", "-date"), ("_count", "100")]
    )
    coverage = await context.search("Coverage", [about, ("status", "active"), ("_count", "1")])
    years = build.age_in_years(record.get("birthDate"), context.today)
    sex = str(record.get("gender", "unknown"))
    found = observations.resources
    diseases = tuple(_diseases(conditions.resources))
    return Patient(
        years=years,
        sex=sex,
        weight=_weight(found, context.today, child=years is not None and years < 18),
        egfr=kidneys(found, sex, years, context.today),
        pregnant=_state(found, conditions.resources, PREGNANT_CODES, PREGNANCY_LASTS, context.today, sex),
        lactating=_condition(conditions.resources, LACTATING_CODES, LACTATION_LASTS, context.today),
        diseases=diseases,
        allergies=tuple(allergies.resources),
        skin_tests=tuple(_skin_tests(found)),
        insured=bool(coverage.resources),
        identity=any(item.get("use") == "official" and item.get("value") for item in record.get("identifier") or ()),
        now=context.now,
    )


def _diseases(conditions: Iterable[Resource]) -> Iterable[Fact]:
    for item in conditions:
        code = build.first_code(item.get("code"), ICD10)
        if code and build.first_code(item.get("verificationStatus")) not in ("refuted", "entered-in-error"):
            yield Fact(code, f"Condition/{item['id']}")


def _day(resource: Resource) -> date:
    text = str(
        resource.get("effectiveDateTime") or resource.get("issued") or resource.get("recordedDate") or "1900-01-01"
    )
    return date.fromisoformat((text + "-01-01")[:10] if len(text) < 10 else text[:10])


def _measured(found: Iterable[Resource], codes: Iterable[str]) -> Iterable[tuple[Resource, Decimal, str]]:
    wanted = set(codes)
    for item in found:
        code = build.first_code(item.get("code"), LOINC)
        quantity = item.get("valueQuantity")
        valid = item.get("status") in ("final", "amended", "corrected")
        if code in wanted and valid and quantity and quantity.get("value") is not None:
            unit = str(quantity.get("code") or quantity.get("unit") or "")
            yield item, Decimal(str(quantity["value"])), unit


def _weight(found: list[Resource], today: date, *, child: bool) -> Measure | None:
    for item, value, unit in _measured(found, [WEIGHT]):
        if unit == "kg" and today - _day(item) <= WEIGHT_HOLDS[child] and value > 0:
            return Measure(value, f"Observation/{item['id']}", _day(item))
    return None


def kidneys(found: list[Resource], sex: str, years: int | None, today: date) -> Measure | None:
    """The newest eGFR within half a year: as reported, or of adults reckoned from creatinine (CKD-EPI 2021)."""
    for item, value, unit in _measured(found, [*EGFR, *CREATININE]):
        if today - _day(item) > KIDNEYS_HOLD:
            return None
        evidence = f"Observation/{item['id']}"
        if build.first_code(item.get("code"), LOINC) in EGFR:
            return Measure(value, evidence, _day(item))
        if years is not None and years >= 18 and value > 0:
            milligrams = value if unit == "mg/dL" else value / MICROMOLES
            return Measure(ckd_epi(milligrams, sex, years), evidence, _day(item))
    return None


def ckd_epi(creatinine: Decimal, sex: str, years: int) -> Decimal:
    """eGFR of an adult in mL/min/1.73 m² from creatinine in mg/dL (Inker, CKD-EPI 2021, without race)."""
    usual, power, factor = (0.7, -0.241, 1.012) if sex == "female" else (0.9, -0.302, 1.0)
    ratio = float(creatinine) / usual
    value = 142 * min(ratio, 1) ** power * max(ratio, 1) ** -1.2 * 0.9938**years * factor
    return Decimal(f"{value:.0f}")


def _state(
    found: list[Resource],
    conditions: list[Resource],
    codes: tuple[str, ...],
    lasts: timedelta,
    today: date,
    sex: str,
) -> Fact | None:
    """Whether somebody is pregnant: the newest status or test, else a diagnosis."""
    if sex == "male":
        return None
    for item in found:
        code = build.first_code(item.get("code"), LOINC)
        if code not in (PREGNANCY_STATUS, HCG) or today - _day(item) > lasts:
            continue
        value = item.get("valueCodeableConcept")
        positive = build.first_code(value, SNOMED) in ("77386006", "10828004") or build.concept_text(value) in (
            "阳性",
            "妊娠",
            "怀孕",
        )
        return Fact("pregnant", f"Observation/{item['id']}") if positive else None
    return _condition(conditions, codes, lasts, today)


def _condition(conditions: list[Resource], codes: tuple[str, ...], lasts: timedelta, today: date) -> Fact | None:
    for item in conditions:
        for fact in _diseases([item]):
            if fact.value.startswith(codes) and today - _day(item) <= lasts:
                return fact
    return None


def _skin_tests(found: Iterable[Resource]) -> Iterable[SkinTest]:
    """Skin tests, newest first: an Observation of the code `skin-test` whose component, or whose code, names the
    allergen, and whose value says positive or negative."""
    for item in found:
        if build.first_code(item.get("code"), TEST) != SKIN_TEST or item.get("status") not in ("final", "amended"):
            continue
        parts = [item, *(item.get("component") or ())]
        allergen = next((name for part in parts if (name := build.first_code(part.get("code"), ALLERGEN))), None)
        results = [part["valueCodeableConcept"] for part in parts if "valueCodeableConcept" in part]
        words = {build.first_code(each) or "" for each in results} | {build.concept_text(each) for each in results}
        if not allergen:
            allergen = next((name for each in results if (name := build.first_code(each, ALLERGEN))), None)
        if allergen and (known := words & {*POSITIVE, *NEGATIVE}):
            at = datetime.fromisoformat(str(item.get("effectiveDateTime") or item.get("issued")))
            yield SkinTest(allergen, bool(known & POSITIVE), at, f"Observation/{item['id']}")


POSITIVE = frozenset({"POS", "positive", "10828004", "阳性"})
NEGATIVE = frozenset({"NEG", "negative", "260385009", "阴性"})
"""Codes and words of a result: v3-ObservationInterpretation, SNOMED CT, Chinese."""
