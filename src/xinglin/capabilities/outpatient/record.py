"""The record of a visit: vital signs, history, diagnosis."""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from xinglin.capabilities.outpatient import resources, visits
from xinglin.capabilities.outpatient.base import VisitStep
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _
from xinglin.terminology import catalogue

DIAGNOSES = "diagnoses"
"""Id of the CodeSystem that diagnoses are chosen from."""


class Vitals(VisitStep):
    """Vital signs; limits are those beyond which a value is a slip of the hand rather than a finding."""

    systolic: int | None = Field(None, title=N_("Systolic, mmHg"), ge=40, le=300)
    diastolic: int | None = Field(None, title=N_("Diastolic, mmHg"), ge=20, le=200)
    pulse: int | None = Field(None, title=N_("Pulse, /min"), ge=20, le=300)
    temperature: Decimal | None = Field(None, title=N_("Temperature, °C"), ge=30, le=45, decimal_places=1)
    saturation: int | None = Field(None, title=N_("Oxygen saturation, %"), ge=30, le=100)
    weight: Decimal | None = Field(None, title=N_("Weight, kg"), ge=Decimal("0.3"), le=400, decimal_places=2)
    height: Decimal | None = Field(None, title=N_("Height, cm"), ge=20, le=250, decimal_places=1)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if (self.systolic is None) != (self.diastolic is None):
            raise ValueError(_("Blood pressure needs both values"))
        if self.systolic is not None and self.diastolic is not None and self.systolic <= self.diastolic:
            raise ValueError(_("The systolic value must be above the diastolic one"))
        return self


class RecordVitals(Vitals):
    """Vital signs, one at least."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_dump(exclude={"visit"}, exclude_none=True):
            raise ValueError(_("Enter at least one value"))
        return self


@command(
    "outpatient.record_vitals",
    title=N_("Record vital signs"),
    permission="outpatient.vitals",
    done=N_("Vital signs recorded"),
)
async def record_vitals(context: Context, input: RecordVitals) -> Resource:
    """Records vital signs of a visit that waits or is in consultation."""
    encounter = await context.read(input.visit, lock=True)
    state = context.registry.tables["visit"].of(encounter)
    if state is None or state.code not in {"WAITING", "IN_CONSULT"}:
        raise Refused(_("Vital signs are recorded while the patient waits or is in consultation"))
    return await write_vitals(context, encounter, input) or encounter


async def write_vitals(context: Context, encounter: Resource, values: Vitals) -> Resource | None:
    """Writes an Observation for each vital sign that was taken; returns the last one."""
    who, now = context.actor.practitioner, context.now
    written: Resource | None = None
    if values.systolic is not None and values.diastolic is not None:
        pressure = resources.blood_pressure(encounter, who, now, values.systolic, values.diastolic)
        written = await context.create(pressure)
    for field in resources.VITAL_SIGNS:
        value = getattr(values, field)
        if value is not None:
            written = await context.create(resources.vital_sign(encounter, who, now, field, value))
    return written


class WriteNote(VisitStep):
    """The outpatient record. Every save replaces the whole record; earlier versions stay in its history."""

    chief_complaint: str | None = Field(None, title=N_("Chief complaint"), max_length=200)
    present_illness: str | None = Field(
        None, title=N_("History of present illness"), max_length=4000, json_schema_extra=MULTILINE
    )
    past_history: str | None = Field(None, title=N_("Past history"), max_length=2000, json_schema_extra=MULTILINE)
    examination: str | None = Field(
        None, title=N_("Physical examination"), max_length=2000, json_schema_extra=MULTILINE
    )
    plan: str | None = Field(None, title=N_("Plan"), max_length=2000, json_schema_extra=MULTILINE)


@command("outpatient.write_note", title=N_("Save record"), permission="outpatient.treat", done=N_("Record saved"))
async def write_note(context: Context, input: WriteNote) -> Resource:
    """Writes the record of a visit in consultation; it is preliminary until the doctor signs."""
    encounter = await visits.in_consultation(context, input.visit)
    values = input.model_dump(exclude={"visit"})
    if not any(values.values()):
        raise Refused(_("The record is empty"))
    author = str(context.actor.practitioner)
    written = resources.note(encounter, author, values, context.now)
    held = await visits.composition(context, input.visit)
    if held is None:
        return await context.create(written)
    return await context.update({**held, **written})


class Diagnose(VisitStep):
    """A diagnosis by its code."""

    code: str = Field(
        title=N_("Diagnosis"), json_schema_extra={"widget": "search", "source": "outpatient.diagnosis_search"}
    )
    certainty: Literal["confirmed", "provisional"] = Field("confirmed", title=N_("Certainty"))


@command("outpatient.diagnose", title=N_("Add diagnosis"), permission="outpatient.treat", done=N_("Diagnosis added"))
async def diagnose(context: Context, input: Diagnose) -> Resource:
    """Adds a diagnosis to the visit; the first one is the main diagnosis."""
    encounter = await visits.in_consultation(context, input.visit)
    found = await (await catalogue(context.repository, DIAGNOSES)).get(input.code)
    if found is None:
        raise Refused(_("There is no diagnosis with code {code}").format(code=input.code), expression="code")
    held = await visits.diagnoses(context, encounter)
    if any(build.first_code(item["code"], resources.ICD10) == found.code for item in held):
        raise Refused(_("This diagnosis is recorded already"), expression="code")
    author = str(context.actor.practitioner)
    certain = input.certainty == "confirmed"
    condition = await context.create(
        resources.diagnosis(encounter, found.code, found.display, certain, author, context.now)
    )
    listed = list(encounter.get("diagnosis") or ())
    listed.append({"condition": build.reference(condition, found.display), "rank": len(listed) + 1})
    await context.update({**encounter, "diagnosis": listed})
    return condition


class RemoveDiagnosis(VisitStep):
    """A diagnosis that was entered wrongly."""

    condition: str = Field(title=N_("Diagnosis"), pattern=r"^Condition/", json_schema_extra={"widget": "hidden"})


@command(
    "outpatient.remove_diagnosis",
    title=N_("Remove diagnosis"),
    permission="outpatient.treat",
    done=N_("Diagnosis removed"),
)
async def remove_diagnosis(context: Context, input: RemoveDiagnosis) -> Resource:
    """Takes a diagnosis off the visit and marks it as entered in error."""
    encounter = await visits.in_consultation(context, input.visit)
    listed = list(encounter.get("diagnosis") or ())
    kept = [entry for entry in listed if entry["condition"]["reference"] != input.condition]
    if len(kept) == len(listed):
        raise Refused(_("This diagnosis does not belong to the visit"), expression="condition")
    for rank, entry in enumerate(kept, 1):
        entry["rank"] = rank
    await context.update(build.without_empty({**encounter, "diagnosis": kept}))
    condition = {**await context.read(input.condition, lock=True)}
    # R4 con-5: a condition entered in error has no clinical status.
    condition.pop("clinicalStatus", None)
    condition["verificationStatus"] = build.concept(resources.CONDITION_VERIFICATION, "entered-in-error")
    return await context.update(condition)
