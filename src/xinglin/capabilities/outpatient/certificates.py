"""Certificates: sick notes and certificates of a diagnosis, numbered, signed, printed, revoked where they are wrong."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from pydantic import Field

from xinglin.capabilities.outpatient import resources, visits
from xinglin.capabilities.outpatient.base import VisitStep
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.command import MULTILINE, Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert, Refused, demand_reason
from xinglin.kernel.printout import day_of, person_facts, printout, time_text
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

CERTIFICATE = "urn:xinglin:code:certificate"
NUMBER = "urn:xinglin:id:certificate"
REVOKED_FOR = "urn:xinglin:extension:revocation-reason"
REST = "urn:xinglin:extension:rest-period"
SICK_NOTE, OF_DIAGNOSIS = "sick-note", "diagnosis-certificate"
TITLES = {SICK_NOTE: "病情证明（休息）", OF_DIAGNOSIS: "诊断证明书"}
USUAL_DAYS, MOST_DAYS = 7, 30
"""Days of rest that a doctor gives without saying why, and at all; a longer illness is seen again."""
BACK_DAYS = 3
"""How many days ago a rest may have begun."""


class IssueSickNote(VisitStep):
    """Days of rest."""

    days: int = Field(3, title=N_("Days of rest"), ge=1, le=90)
    first: date | None = Field(None, title=N_("First day"), json_schema_extra={"hint": N_("Blank: today")})
    advice: str | None = Field(None, title=N_("Advice"), max_length=300, json_schema_extra=MULTILINE)
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "outpatient.issue_sick_note",
    title=N_("Sick note"),
    permission="outpatient.treat",
    done=N_("Sick note issued"),
    tone="primary",
)
async def issue_sick_note(context: Context, input: IssueSickNote) -> Resource:
    """Issues a numbered and signed sick note for the diagnoses of the visit.

    More than 7 days, or days that another note covers already, ask for a reason; more than 30 days are refused.
    """
    encounter = await visits.in_consultation(context, input.visit)
    first = input.first or context.today
    if first < context.today - timedelta(days=BACK_DAYS):
        raise Refused(_("It may begin {days} days ago at the earliest").format(days=BACK_DAYS), expression="first")
    if first > context.today + timedelta(days=BACK_DAYS):
        raise Refused(_("It may begin in {days} days at the latest").format(days=BACK_DAYS), expression="first")
    last = first + timedelta(days=input.days - 1)
    demand_reason(await _length_alerts(context, encounter, first, last), input.reason)
    period = {"start": first.isoformat(), "end": last.isoformat()}
    texts = [f"建议休息 {input.days} 天（{first} 至 {last}）。", *([input.advice] if input.advice else [])]
    return await _issued(context, encounter, SICK_NOTE, texts, [{"url": REST, "valuePeriod": period}])


async def _length_alerts(context: Context, encounter: Resource, first: date, last: date) -> list[Alert]:
    days = (last - first).days + 1
    alerts = []
    if days > MOST_DAYS:
        text = _("At most {days} days at once; the patient should be seen again").format(days=MOST_DAYS)
        alerts.append(Alert("block", "rest-days", text, "days"))
    elif days > USUAL_DAYS:
        text = _("More than {days} days is unusual for a clinic").format(days=USUAL_DAYS)
        alerts.append(Alert("warning", "rest-days", text, "days"))
    table = context.registry.tables["certificate"]
    query = [("patient", encounter["subject"]["reference"]), ("type", f"{CERTIFICATE}|{SICK_NOTE}")]
    found = await context.search(
        "Composition", [*query, ("_tag", table.tag("ISSUED")), ("_sort", "-date"), ("_count", "20")]
    )
    for item in found.resources:
        start, end = rest(item)
        if start and end and start <= last and first <= end:
            number = build.find_identifier(item, NUMBER) or ""
            text = _("Sick note {number} covers {first} to {last}").format(number=number, first=start, last=end)
            alerts.append(Alert("warning", "rest-twice", text, "first", reference(item)))
    return alerts


def rest(certificate: Resource) -> tuple[date | None, date | None]:
    """The first and the last day of rest of a sick note; None for other certificates."""
    for extension in certificate.get("extension") or ():
        if extension.get("url") == REST:
            period = extension["valuePeriod"]
            return date.fromisoformat(period["start"]), date.fromisoformat(period["end"])
    return None, None


class CertifyDiagnosis(VisitStep):
    """A certificate of the visit's diagnoses."""

    opinion: str = Field(title=N_("Opinion"), min_length=2, max_length=600, json_schema_extra=MULTILINE)


@command(
    "outpatient.certify_diagnosis",
    title=N_("Certificate of diagnosis"),
    permission="outpatient.treat",
    done=N_("Certificate issued"),
    tone="primary",
)
async def certify_diagnosis(context: Context, input: CertifyDiagnosis) -> Resource:
    """Issues a numbered and signed certificate of the diagnoses of the visit, with the doctor's opinion."""
    encounter = await visits.in_consultation(context, input.visit)
    return await _issued(context, encounter, OF_DIAGNOSIS, [input.opinion], [])


async def _issued(
    context: Context, encounter: Resource, kind: str, texts: list[str], extensions: list[Json]
) -> Resource:
    diagnoses = [str(entry["condition"].get("display", "")) for entry in encounter.get("diagnosis") or ()]
    if not diagnoses:
        raise Refused(_("A certificate needs a diagnosis; please record one first"))
    day = context.today.strftime("%y%m%d")
    number = f"ZM{day}{await next_number(context.connection, f'certificate-{day}'):04d}"
    made = build.without_empty(
        {
            "resourceType": "Composition",
            "identifier": build.identifier(NUMBER, number),
            "extension": extensions,
            "type": build.concept(CERTIFICATE, kind, TITLES[kind]),
            "subject": encounter["subject"],
            "encounter": build.reference(encounter),
            "date": build.instant(context.now),
            "author": [build.reference(str(context.actor.practitioner), context.actor.name)],
            "title": TITLES[kind],
            "section": [
                {"title": "诊断", "text": resources.narrative("；".join(diagnoses))},
                {"title": "处理意见", "text": resources.narrative("\n".join(texts))},
            ],
        }
    )
    written = await context.create(context.moved("certificate", made))
    await context.call("signing.sign", targets=[reference(written)])
    return written


class RevokeCertificate(Input):
    """A certificate that must not be relied on."""

    certificate: str = Field(title=N_("Certificate"), pattern=r"^Composition/", json_schema_extra={"widget": "hidden"})
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "outpatient.revoke_certificate",
    title=N_("Void"),
    permission="outpatient.treat",
    done=N_("Revoked; prints say so, and papers fail their check"),
    tone="danger",
)
async def revoke_certificate(context: Context, input: RevokeCertificate) -> Resource:
    """Revokes a certificate of the caller's own with a reason; it stays readable."""
    held = await context.read(input.certificate, lock=True)
    if held["author"][0].get("reference") != context.actor.practitioner:
        raise Refused(_("This certificate was issued by another doctor"))
    moved = context.moved("certificate", held)
    extensions = [*(held.get("extension") or ()), {"url": REVOKED_FOR, "valueString": input.reason}]
    return await context.update({**moved, "extension": extensions})


async def of_visit(context: Context, visit: str) -> list[Resource]:
    """The certificates of a visit in the order in which they were issued."""
    table = context.registry.tables["certificate"]
    states = ",".join(table.tag(state.code) for state in table.states)
    found = await context.search(
        "Composition", [("encounter", visit), ("_tag", states), ("_sort", "_id"), ("_count", "50")]
    )
    return found.resources


@printout(
    "outpatient.certificate",
    title=N_("Certificate"),
    permission="outpatient.treat",
    template="outpatient/certificate.typ",
    paper="A5",
)
async def certificate(context: Context, query: Mapping[str, str]) -> Json:
    """A sick note or certificate of a diagnosis. Query: `certificate`, such as Composition/1."""
    wanted = query.get("certificate", "")
    if not wanted.startswith("Composition/"):
        raise BadRequest(_("certificate: is required, such as Composition/1"), expression="certificate")
    held = await context.read(wanted)
    state = context.registry.tables["certificate"].of(held)
    if state is None:
        raise Refused(_("This is no certificate"), expression="certificate")
    encounter = await context.read(held["encounter"]["reference"])
    patient = await context.read(held["subject"]["reference"])
    issued = time_text(context, held["date"])
    sections: list[dict[str, Any]] = [
        {"title": section["title"], "text": resources.plain(section["text"])} for section in held["section"]
    ]
    return {
        "title": held["title"],
        "number": build.find_identifier(held, NUMBER) or "",
        "person": person_facts(patient, day_of(issued)),
        "department": build.concept_text(encounter.get("serviceType")),
        "date": issued,
        "sections": sections,
        "doctor": str(held["author"][0].get("display", "")),
        "revoked": state.code == "REVOKED",
    }
