"""Allergies: recorded with severity and reaction, refuted with a reason, never deleted."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from xinglin.capabilities.patients import resources
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _


class RecordAllergy(Input):
    """An allergy that every workstation shall show."""

    patient: str = Field(title=N_("Patient"), pattern=r"^Patient/", json_schema_extra={"widget": "hidden"})
    allergen: str = Field(title=N_("Allergen"), json_schema_extra=select(resources.ALLERGENS.items()))
    name: str | None = Field(
        None, title=N_("What, if none of these"), max_length=60, json_schema_extra={"hint": N_("For 'other' only")}
    )
    severity: Literal["mild", "moderate", "severe"] = Field("moderate", title=N_("Severity"))
    reaction: str | None = Field(None, title=N_("Reaction"), max_length=100)

    @field_validator("allergen")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in resources.ALLERGENS:
            raise ValueError(_("must be one of {expected}").format(expected=listed(resources.ALLERGENS)))
        return value

    @model_validator(mode="after")
    def _named(self) -> "RecordAllergy":
        if (self.allergen == resources.OTHER_ALLERGEN) != bool(self.name):
            raise ValueError(_("Name the allergen where it is none of the list, and only there"))
        return self


@command(
    "patients.record_allergy",
    title=N_("Record allergy"),
    permission="patients.allergies",
    done=N_("Allergy recorded"),
)
async def record_allergy(context: Context, input: RecordAllergy) -> Resource:
    """Records a confirmed allergy; refused when the same allergen is recorded as active already."""
    await context.read(input.patient, lock=True)
    held = await context.search(
        "AllergyIntolerance",
        [
            ("patient", input.patient),
            ("code", f"{resources.ALLERGEN_SYSTEM}|{input.allergen}"),
            ("clinical-status", "active"),
        ],
    )
    name = input.name or resources.ALLERGENS[input.allergen]
    if any(input.name in (None, build.concept_text(each.get("code"))) for each in held.resources):
        raise Refused(_("This allergy is recorded already"), expression="allergen")
    return await context.create(
        resources.allergy(
            input.patient,
            input.allergen,
            name,
            input.severity,
            input.reaction,
            context.actor.practitioner,
            context.now,
        )
    )


class RefuteAllergy(Input):
    """An allergy that turned out not to be one."""

    allergy: str = Field(title=N_("Allergy"), pattern=r"^AllergyIntolerance/", json_schema_extra={"widget": "hidden"})
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "patients.refute_allergy",
    title=N_("Refute allergy"),
    permission="patients.allergies",
    done=N_("Allergy refuted"),
    tone="danger",
)
async def refute_allergy(context: Context, input: RefuteAllergy) -> Resource:
    """Marks an allergy as refuted with a reason; the record of it stays."""
    allergy = await context.read(input.allergy, lock=True)
    if build.first_code(allergy.get("verificationStatus")) == "refuted":
        raise Refused(_("This allergy is refuted already"))
    note = {"text": input.reason, "time": build.instant(context.now)}
    return await context.update(
        {
            **allergy,
            "clinicalStatus": build.concept(resources.CLINICAL_STATUS, "inactive"),
            "verificationStatus": build.concept(resources.VERIFICATION_STATUS, "refuted"),
            "note": [*(allergy.get("note") or ()), note],
        }
    )
