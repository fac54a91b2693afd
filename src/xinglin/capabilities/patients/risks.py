"""What everybody who meets a patient must know at once: risks, isolation, how to speak with the patient."""

from dataclasses import dataclass
from datetime import date

from pydantic import Field, field_validator

from xinglin.capabilities.patients.resources import NOTE, author, extended
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.kernel.text import N_, listed
from xinglin.platform.access import labels
from xinglin.platform.i18n import gettext as _

SYSTEM = "urn:xinglin:code:risk"
CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
ENDED_BY = "urn:xinglin:extension:ended-by"
ENDED_BECAUSE = "urn:xinglin:extension:ended-because"
OTHER = "other-risk"


@dataclass(frozen=True)
class Kind:
    """A kind of risk: how it is written, its flag-category (HL7), the tone of its tag, and the label of what not
    everybody may see. `clinical` ones are for those to say who treat patients."""

    display: str
    category: str
    tone: str = "warn"
    label: str | None = None
    clinical: bool = True


KINDS = {
    "fall-risk": Kind("跌倒高风险", "safety"),
    "pressure-injury-risk": Kind("压力性损伤高风险", "safety"),
    "thrombosis-risk": Kind("静脉血栓栓塞高风险", "safety"),
    "bleeding-risk": Kind("出血高风险", "safety"),
    "difficult-airway": Kind("困难气道", "safety", "danger"),
    "implant": Kind("体内植入物（起搏器、金属等）", "safety"),
    "contact-isolation": Kind("接触隔离", "contact", "danger"),
    "droplet-isolation": Kind("飞沫隔离", "contact", "danger"),
    "airborne-isolation": Kind("空气隔离", "contact", "danger"),
    "blood-borne": Kind("血源性传播防护", "contact", "danger", "R"),
    "self-harm": Kind("自伤自杀风险", "behavioral", "danger", "PSY"),
    "violence": Kind("暴力行为风险", "behavioral", "danger", "PSY"),
    "pregnant": Kind("妊娠", "clinical", "info"),
    "breastfeeding": Kind("哺乳期", "clinical", "info"),
    "hearing": Kind("听力障碍", "admin", "info", clinical=False),
    "vision": Kind("视力障碍", "admin", "info", clinical=False),
    "interpreter": Kind("需要翻译", "admin", "info", clinical=False),
    "mobility": Kind("行动不便", "admin", "info", clinical=False),
    "vip": Kind("重点保障对象", "admin", "info", "CEL", clinical=False),
    OTHER: Kind("其他风险", "safety"),
}


class SetRisk(Input):
    """A risk of a patient, from now until it is ended or its last day is over."""

    patient: str = Field(title=N_("Patient"), pattern=r"^Patient/", json_schema_extra={"widget": "hidden"})
    risk: str = Field(
        title=N_("Risk or need"), json_schema_extra=select((code, kind.display) for code, kind in KINDS.items())
    )
    note: str | None = Field(None, title=N_("Remark"), max_length=100)
    until: date | None = Field(None, title=N_("Valid until"))

    @field_validator("risk")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in KINDS:
            raise ValueError(_("must be one of {expected}").format(expected=listed(KINDS)))
        return value


@command("patients.set_risk", title=N_("Set risk"), permission="patients.risks", done=N_("Risk set"))
async def set_risk(context: Context, input: SetRisk) -> Resource:
    """Marks a patient with a risk or a need, which every workstation shows that may see it.

    Refused when it is set already, and for a day that is past; clinical ones are for those who treat patients.
    """
    kind = KINDS[input.risk]
    if kind.clinical and not context.may("patients.allergies"):
        raise NotPermitted(_("Only those who treat patients can set or end this risk"), expression="risk")
    if input.risk == OTHER and not input.note:
        raise Refused(_("Say in the remark which risk it is"), expression="note")
    if input.until and input.until < context.today:
        raise Refused(_("The day lies in the past"), expression="until")
    await context.read(input.patient, lock=True)
    held = [build.first_code(each.get("code"), SYSTEM) for each in await risks_of(context, input.patient)]
    if input.risk in held and input.risk != OTHER:
        raise Refused(_("This risk is set already"), expression="risk")
    flag = {
        "resourceType": "Flag",
        "meta": {"security": [build.coding(labels.LABELS[kind.label], kind.label)]} if kind.label else {},
        "extension": extended(NOTE, valueString=input.note),
        "category": [build.concept(CATEGORY, kind.category)],
        "code": build.concept(SYSTEM, input.risk, kind.display),
        "subject": build.reference(input.patient),
        "period": build.without_empty(
            {"start": build.instant(context.now), "end": input.until.isoformat() if input.until else None}
        ),
        "author": author(context),
    }
    return await context.create(context.moved("risk", build.without_empty(flag)))


class EndRisk(Input):
    """A risk that is no more, or never was."""

    flag: str = Field(title=N_("Risk"), pattern=r"^Flag/", json_schema_extra={"widget": "hidden"})
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command("patients.end_risk", title=N_("End risk"), permission="patients.risks", done=N_("Risk ended"))
async def end_risk(context: Context, input: EndRisk) -> Resource:
    """Ends a risk with a reason; that it was there, from whom and until when, stays on record."""
    flag = await context.read(input.flag, lock=True)
    kind = KINDS.get(build.first_code(flag.get("code"), SYSTEM) or "")
    if (kind is None or kind.clinical) and not context.may("patients.allergies"):
        raise NotPermitted(_("Only those who treat patients can set or end this risk"))
    ended = context.moved("risk", flag)
    return await context.update(
        {
            **ended,
            "period": {**(flag.get("period") or {}), "end": build.instant(context.now)},
            "extension": [
                *(flag.get("extension") or ()),
                *extended(ENDED_BY, valueReference=author(context)),
                *extended(ENDED_BECAUSE, valueString=input.reason),
            ],
        }
    )


async def risks_of(context: Context, patient: str) -> list[Resource]:
    """The Flags of a patient that are in force today, as far as the caller may see them, the worst first.

    Flags of other systems are among them: what counts is R4's status, and the last day.
    """
    found = await context.search("Flag", [("patient", patient), ("_sort", "_id"), ("_count", "200")])
    today = context.today.isoformat()
    order = {"danger": 0, "warn": 1, "info": 2}
    current = [
        each
        for each in found.resources
        if each.get("status") == "active" and str((each.get("period") or {}).get("end", today))[:10] >= today
    ]
    return sorted(current, key=lambda each: order[tone(each)])


def tone(flag: Resource) -> str:
    """The tone of a Flag's tag: that of its kind; for those of other systems, `warn`."""
    kind = KINDS.get(build.first_code(flag.get("code"), SYSTEM) or "")
    return kind.tone if kind else "warn"
