"""What the banner says of a patient on every station: who it is, what to beware of, who pays."""

import base64
import binascii
from dataclasses import dataclass

from xinglin.capabilities.patients import risks
from xinglin.capabilities.patients.photos import TYPES
from xinglin.capabilities.patients.resources import NOTE, extension
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context


@dataclass(frozen=True)
class Warned:
    """One tag: its text, the code from which the text in the reader's language follows, what more there is to say,
    its tone, and the reference of what it stands for."""

    text: str
    code: str
    more: str
    tone: str
    reference: str


@dataclass(frozen=True)
class Known:
    """What is known of a patient before anybody speaks: allergies, risks, who pays, whether there is a photo.

    `allergies` is None where the caller may not see any, so that nobody takes it for none. `photo` is the version of
    the Patient that holds one. `payer` is empty for those who pay themselves, None for whoever may not see it.
    """

    allergies: list[Warned] | None
    risks: list[Warned]
    payer: str | None
    photo: str | None


async def known(context: Context, patient: Resource) -> Known:
    """What the banner shows of a Patient, as far as the caller may see it."""
    reference = f"Patient/{patient['id']}"
    allergies = payer = None
    if context.sees("AllergyIntolerance"):
        query = [("patient", reference), ("clinical-status", "active"), ("_sort", "_id"), ("_count", "50")]
        allergies = [_allergy(each) for each in (await context.search("AllergyIntolerance", query)).resources]
    if context.sees("Coverage"):
        payer = await _payer(context, reference)
    return Known(
        allergies=allergies,
        risks=[_risk(each) for each in await risks.risks_of(context, reference)] if context.sees("Flag") else [],
        payer=payer,
        photo=str(patient["meta"]["versionId"]) if photo(patient) else None,
    )


def photo(patient: Resource) -> tuple[str, bytes] | None:
    """The content type and the bytes of a patient's photo; None where the record holds none that can be shown."""
    for each in patient.get("photo") or ():
        if each.get("contentType") in TYPES and each.get("data"):
            try:
                return str(each["contentType"]), base64.b64decode(each["data"], validate=True)
            except binascii.Error:
                continue
    return None


def _allergy(allergy: Resource) -> Warned:
    reaction = (allergy.get("reaction") or [{}])[0]
    found = [build.concept_text(item) for item in reaction.get("manifestation") or ()]
    severe = "severe" if allergy.get("criticality") == "high" else ""
    text = build.concept_text(allergy.get("code"))
    return Warned(text, severe, "、".join(found), "danger", f"AllergyIntolerance/{allergy['id']}")


def _risk(flag: Resource) -> Warned:
    code = build.first_code(flag.get("code"), risks.SYSTEM) or ""
    note = str(extension(flag, NOTE).get("valueString", ""))
    who, since = (flag.get("author") or {}).get("display", ""), str((flag.get("period") or {}).get("start", ""))[:10]
    text, named = build.concept_text(flag.get("code")), code != risks.OTHER
    more = " · ".join(filter(None, [note if named else "", who, since]))
    return Warned(text if named else note, code if named else "", more, risks.tone(flag), f"Flag/{flag['id']}")


async def _payer(context: Context, patient: str) -> str:
    found = await context.search(
        "Coverage", [("beneficiary", patient), ("status", "active"), ("_sort", "-_lastUpdated"), ("_count", "20")]
    )
    today = context.today.isoformat()
    for each in found.resources:
        period = each.get("period") or {}
        if str(period.get("start", today))[:10] <= today <= str(period.get("end", today))[:10]:
            payors = [str(one.get("display", "")) for one in each.get("payor") or ()]
            return build.concept_text(each.get("type")) or "、".join(filter(None, payors))
    return ""
