"""Vital signs of a visit."""

from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from xinglin.capabilities.outpatient import resources
from xinglin.capabilities.outpatient.base import VisitStep
from xinglin.fhir.types import Resource
from xinglin.kernel.command import command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


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
