"""Checks when an examination is ordered: each finding names why, and rests on a resource or on what was answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from xinglin.capabilities.imaging.catalogue import STUDY, Study
from xinglin.capabilities.imaging.resources import PUBLISHED, SIDES, SNOMED, study_code
from xinglin.capabilities.imaging.states import OPEN
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert, Refused
from xinglin.platform.i18n import gettext as _
from xinglin.platform.i18n import ngettext

CHILDBEARING = range(12, 56)
"""Ages in years at which a woman is asked whether she may be pregnant."""

REPEAT_DAYS = 7
KIDNEY_DAYS = 90
LOW_EGFR = Decimal(30)
"""eGFR, mL/min/1.73 m², below which contrast media are given with a reason only (ACR Manual on Contrast Media)."""

TEST = "urn:xinglin:code:test"
ALLERGEN = "urn:xinglin:code:allergen"
RISK = "urn:xinglin:code:risk"


@dataclass(frozen=True)
class Asked:
    """What the doctor answered: the side, and to the questions of safety `no`, `yes`, `unknown` or None."""

    side: str | None
    pregnant: str | None
    implants: str | None


def refuse_unasked(study: Study, asked: Asked, sex: str, age: int | None) -> None:
    """Refuses where a side is not named, or a question of safety not answered; the message names the field."""
    if study.sided and asked.side is None:
        raise Refused(_("Which side? Left, right or both"), expression="side")
    if study.rays and sex == "female" and (age is None or age in CHILDBEARING) and asked.pregnant is None:
        raise Refused(_("Rays: please ask whether she may be pregnant"), expression="pregnant")
    if study.magnet and asked.implants is None:
        raise Refused(_("Magnet: please ask for pacemakers and metal in the body"), expression="implants")


def answered(study: Study, asked: Asked) -> list[Alert]:
    """Warns of what was answered."""
    found = []
    if study.rays and asked.pregnant in ("yes", "unknown"):
        text = (
            _("She is pregnant: rays may harm the child")
            if asked.pregnant == "yes"
            else _("Whether she is pregnant is not known: rays may harm a child")
        )
        found.append(Alert("warning", "pregnancy", text, "pregnant"))
    if study.magnet and asked.implants in ("yes", "unknown"):
        text = _("Pacemaker or metal in the body: only if it is known to be safe in a magnet")
        found.append(Alert("warning", "implants", text, "implants"))
    return found


def sex(study: Study, patient_sex: str) -> list[Alert]:
    """Blocks an examination of the other sex."""
    if study.sex and patient_sex in ("male", "female") and study.sex != patient_sex:
        return [Alert("block", "sex", _("{study} is not meant for this sex").format(study=study.name), "study")]
    return []


async def check(context: Context, encounter: Resource, study: Study, asked: Asked) -> list[Alert]:
    """Everything that is to be said of an examination before it is ordered.

    Raises:
        Refused: the side, or a question of safety, is open.
    """
    patient = encounter["subject"]["reference"]
    record = await context.read(patient)
    who, age = str(record.get("gender", "")), build.age_in_years(record.get("birthDate"), context.today)
    refuse_unasked(study, asked, who, age)
    return [
        *sex(study, who),
        *await _same_visit(context, encounter, study, asked),
        *await _repeated(context, patient, study),
        *answered(study, asked),
        *await _contradicted(context, patient, study, asked),
        *(await _contrast(context, patient, study) if study.contrast else ()),
    ]


async def _same_visit(context: Context, encounter: Resource, study: Study, asked: Asked) -> list[Alert]:
    table = context.registry.tables["examination"]
    tags = ",".join(table.tag(code) for code in OPEN)
    held = await context.search(
        "ServiceRequest", [("encounter", reference(encounter)), ("_tag", tags), ("_count", "100")]
    )
    wanted = SIDES[asked.side][0] if asked.side else None
    for item in held.resources:
        side = build.first_code((item.get("bodySite") or [None])[0], SNOMED)
        if study_code(item) == study.code and side == wanted:
            text = _("{study} is ordered in this visit already").format(study=study.name)
            return [Alert("block", "duplicate", text, "study", reference(item))]
    return []


async def _repeated(context: Context, patient: str, study: Study) -> list[Alert]:
    query = [("patient", patient), ("code", f"{STUDY}|{study.code}"), ("status", PUBLISHED), ("_sort", "-date")]
    found = (await context.search("DiagnosticReport", [*query, ("_count", "1")])).resources
    if not found:
        return []
    taken = datetime.fromisoformat(str(found[0].get("effectiveDateTime") or found[0]["issued"]))
    if context.now - taken > timedelta(days=REPEAT_DAYS):
        return []
    days = (context.now.date() - taken.astimezone(context.zone).date()).days
    text = (
        ngettext("{study} was done {days} day ago", "{study} was done {days} days ago", days)
        if days
        else _("{study} was done today")
    ).format(study=study.name, days=days)
    told = str(found[0].get("conclusion", ""))
    return [Alert("warning", "repeated", f"{text}: {told}" if told else text, "study", reference(found[0]))]


async def _contradicted(context: Context, patient: str, study: Study, asked: Asked) -> list[Alert]:
    """Warns where a risk in the record says otherwise than the doctor answered."""
    texts = {}
    if study.rays and asked.pregnant == "no":
        texts["pregnant"] = ("pregnancy", _("The record says that she is pregnant"))
    if study.magnet and asked.implants == "no":
        texts["implant"] = ("implants", _("The record says that there is metal or a pacemaker in the body"))
    if not texts:
        return []
    held = (await context.search("Flag", [("patient", patient), ("_count", "200")])).resources
    risks = {build.first_code(each.get("code"), RISK): each for each in held if each["status"] == "active"}
    return [
        Alert("warning", code, text, evidence=reference(risks[risk]))
        for risk, (code, text) in texts.items()
        if risk in risks
    ]


async def _contrast(context: Context, patient: str, study: Study) -> list[Alert]:
    found = []
    if study.iodine:
        query = [("patient", patient), ("clinical-status", "active"), ("code", f"{ALLERGEN}|iodine-contrast")]
        for item in (await context.search("AllergyIntolerance", query)).resources:
            level = "block" if item.get("criticality") == "high" else "warning"
            text = _("The patient is allergic to iodinated contrast media")
            found.append(Alert(level, "allergy", text, "study", reference(item)))  # type: ignore[arg-type]
    since = (context.now - timedelta(days=KIDNEY_DAYS)).isoformat()
    query = [("patient", patient), ("code", f"{TEST}|egfr"), ("status", PUBLISHED), ("date", f"ge{since}")]
    kidney = (await context.search("Observation", [*query, ("_sort", "-date"), ("_count", "1")])).resources
    if not kidney:
        text = _("No eGFR of the last {days} days: contrast media need the kidneys").format(days=KIDNEY_DAYS)
        found.append(Alert("warning", "kidney-unknown", text, "study"))
    elif (rate := build.amount(kidney[0].get("valueQuantity"))) < LOW_EGFR:
        text = _("eGFR {rate}: below {limit} contrast media may harm").format(rate=rate, limit=LOW_EGFR)
        found.append(Alert("warning", "kidney", text, "study", reference(kidney[0])))
    return found
