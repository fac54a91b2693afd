"""What the doctor asks of others for a patient: that another clinic sees them, that a ward takes them in."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field
from pydantic.config import JsonDict

from xinglin.capabilities.outpatient import resources, visits
from xinglin.capabilities.outpatient.base import VisitStep
from xinglin.capabilities.outpatient.phrases import department_of
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.command import MULTILINE, Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.printout import day_of, person_facts, printout, time_text
from xinglin.kernel.text import N_
from xinglin.kernel.view import Page, Row, SearchText, view
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

REQUEST = "urn:xinglin:code:request"
NUMBER = "urn:xinglin:id:request"
REFERRAL, ADMISSION = "referral", "admission"
TITLES = {REFERRAL: "转诊单", ADMISSION: "住院证"}
LETTERS = {REFERRAL: "ZZ", ADMISSION: "ZY"}
Priority = Literal["routine", "urgent", "stat"]
"""R4 request-priority."""

DEPARTMENTS: JsonDict = {"widget": "search", "source": "outpatient.department_search"}


class DepartmentRow(Row):
    """A department."""

    name: str = Field(title=N_("Department"))


@view(
    "outpatient.department_search",
    title=N_("Departments"),
    permission="outpatient.treat",
    row=DepartmentRow,
    empty=N_("No department fits"),
)
async def department_search(context: Context, filter: SearchText) -> Page[DepartmentRow]:
    """Departments of the hospital whose name contains the text, by name."""
    text = filter.text.strip()
    query = [("type", "dept"), ("active", "true"), ("_sort", "name"), ("_count", str(filter.limit))]
    found = await context.search("Organization", [*query, *([("name:contains", text)] if text else [])])
    return Page(
        [DepartmentRow(key=reference(item), name=str(item.get("name", ""))) for item in found.resources], found.next
    )


class Refer(VisitStep):
    """Where a patient is sent, and why."""

    department: str = Field(title=N_("To department"), pattern=r"^Organization/", json_schema_extra=DEPARTMENTS)
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=600, json_schema_extra=MULTILINE)
    priority: Priority = Field("routine", title=N_("Urgency"))


@command("outpatient.refer", title=N_("Refer"), permission="outpatient.treat", done=N_("Referred"), tone="primary")
async def refer(context: Context, input: Refer) -> Resource:
    """Refers the patient of the visit to another department, with the reason."""
    encounter = await visits.in_consultation(context, input.visit)
    if input.department == department_of(context):
        raise Refused(_("That is your own department"), expression="department")
    return await _requested(context, encounter, REFERRAL, input.department, input.priority, input.reason)


class OrderAdmission(VisitStep):
    """A request that a ward takes the patient in."""

    department: str = Field(title=N_("Ward of department"), pattern=r"^Organization/", json_schema_extra=DEPARTMENTS)
    priority: Priority = Field("routine", title=N_("Urgency"))
    reason: str = Field(title=N_("Purpose of admission"), min_length=2, max_length=600, json_schema_extra=MULTILINE)


@command(
    "outpatient.order_admission",
    title=N_("Admission"),
    permission="outpatient.treat",
    done=N_("Admission requested"),
    tone="primary",
)
async def order_admission(context: Context, input: OrderAdmission) -> Resource:
    """Requests the admission of the patient with the diagnoses of the visit; one at a time."""
    encounter = await visits.in_consultation(context, input.visit)
    if not encounter.get("diagnosis"):
        raise Refused(_("An admission needs a diagnosis; please record one first"))
    table = context.registry.tables["request"]
    patient = ("patient", encounter["subject"]["reference"])
    query = [patient, ("category", f"{REQUEST}|{ADMISSION}"), ("_tag", table.tag("REQUESTED")), ("_count", "1")]
    if (await context.search("ServiceRequest", query)).resources:
        raise Refused(_("An admission has been requested already"))
    return await _requested(context, encounter, ADMISSION, input.department, input.priority, input.reason)


async def _requested(
    context: Context, encounter: Resource, kind: str, department: str, priority: str, reason: str
) -> Resource:
    place = await context.read(department)
    day = context.today.strftime("%y%m%d")
    number = f"{LETTERS[kind]}{day}{await next_number(context.connection, f'{kind}-{day}'):04d}"
    made = build.without_empty(
        {
            "resourceType": "ServiceRequest",
            "identifier": [build.identifier(NUMBER, number)],
            "intent": "order",
            "category": [build.concept(REQUEST, kind, TITLES[kind])],
            "priority": priority,
            "code": build.concept(REQUEST, kind, TITLES[kind]),
            "subject": encounter["subject"],
            "encounter": build.reference(encounter),
            "authoredOn": build.instant(context.now),
            "requester": build.reference(str(context.actor.practitioner), context.actor.name),
            "performer": [build.reference(department, str(place.get("name", "")))],
            "reasonCode": [{"text": reason}],
            "reasonReference": [entry["condition"] for entry in encounter.get("diagnosis") or ()],
        }
    )
    written = await context.create(context.moved("request", made))
    await context.call("signing.sign", targets=[reference(written)])
    return written


class OfRequest(Input):
    """A referral or a request for admission."""

    request: str = Field(title=N_("Request"), pattern=r"^ServiceRequest/", json_schema_extra={"widget": "hidden"})


class CancelRequest(OfRequest):
    """A request that is not wanted any more."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "outpatient.cancel_request",
    title=N_("Cancel request"),
    permission="outpatient.treat",
    done=N_("Request cancelled"),
    tone="danger",
)
async def cancel_request(context: Context, input: CancelRequest) -> Resource:
    """Cancels a referral or a request for admission of the caller's own, with a reason."""
    held = await context.read(input.request, lock=True)
    if held["requester"].get("reference") != context.actor.practitioner:
        raise Refused(_("This request was made by another doctor"))
    note = {"text": input.reason, "time": build.instant(context.now)}
    return await context.update({**context.moved("request", held), "note": [*(held.get("note") or ()), note]})


@command(
    "outpatient.take_up_referral",
    title=N_("Take up"),
    permission="outpatient.treat",
    done=N_("Referral taken up"),
)
async def take_up_referral(context: Context, input: OfRequest) -> Resource:
    """Takes up a referral to the department of the caller's post, whose patient is seen there now."""
    held = await context.read(input.request, lock=True)
    if department_of(context) not in {item.get("reference") for item in held.get("performer") or ()}:
        raise Refused(_("This referral is to another department"))
    if build.first_code(held["code"], REQUEST) != REFERRAL:
        raise Refused(_("Only a referral is taken up in a clinic"))
    return await context.move("request", held)


async def of_visit(context: Context, visit: str) -> list[Resource]:
    """The requests of a visit, in the order in which they were made."""
    kinds = f"{REQUEST}|{REFERRAL},{REQUEST}|{ADMISSION}"
    query = [("encounter", visit), ("category", kinds), ("_sort", "_id"), ("_count", "50")]
    return (await context.search("ServiceRequest", query)).resources


async def waiting_here(context: Context, patient: str) -> list[Resource]:
    """Referrals of a patient to the department of the caller's post that nobody has taken up."""
    department = department_of(context)
    if department is None:
        return []
    table = context.registry.tables["request"]
    query = [("patient", patient), ("category", f"{REQUEST}|{REFERRAL}"), ("_tag", table.tag("REQUESTED"))]
    return (await context.search("ServiceRequest", [*query, ("performer", department), ("_count", "10")])).resources


@printout(
    "outpatient.request",
    title=N_("Referral or admission"),
    permission="outpatient.treat",
    template="outpatient/request.typ",
    paper="A5",
)
async def request(context: Context, query: Mapping[str, str]) -> Json:
    """A referral letter or a request for admission. Query: `request`, such as ServiceRequest/1."""
    wanted = query.get("request", "")
    if not wanted.startswith("ServiceRequest/"):
        raise BadRequest(_("request: is required, such as ServiceRequest/1"), expression="request")
    held = await context.read(wanted)
    state = context.registry.tables["request"].of(held)
    if state is None:
        raise Refused(_("This is no referral and no admission"), expression="request")
    encounter = await context.read(held["encounter"]["reference"])
    patient = await context.read(held["subject"]["reference"])
    note = resources.note_values(await visits.composition(context, held["encounter"]["reference"]))
    made = time_text(context, held["authoredOn"])
    return {
        "title": build.concept_text(held["code"]),
        "number": build.find_identifier(held, NUMBER) or "",
        "person": person_facts(patient, day_of(made)),
        "from": build.concept_text(encounter.get("serviceType")),
        "to": "、".join(str(item.get("display", "")) for item in held.get("performer") or ()),
        "priority": str(held.get("priority", "routine")),
        "date": made,
        "diagnoses": [str(item.get("display", "")) for item in held.get("reasonReference") or ()],
        "reason": "\n".join(build.concept_text(item) for item in held.get("reasonCode") or ()),
        "history": _history(note),
        "doctor": str(held["requester"].get("display", "")),
        "void": state.code == "CANCELLED",
    }


def _history(note: dict[str, str]) -> list[dict[str, Any]]:
    wanted = ("chief_complaint", "present_illness", "past_history", "examination")
    return [{"title": resources.SECTIONS[field][1], "text": note[field]} for field in wanted if note[field]]
