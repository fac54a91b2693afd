"""The rooms and the reporting physicians."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from xinglin.capabilities.imaging import performing, reporting, resources, views
from xinglin.capabilities.imaging.catalogue import Room, Study, read_room, read_studies
from xinglin.capabilities.imaging.states import BEFORE
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.kernel.application import run_view
from xinglin.kernel.basket import BasketSection
from xinglin.kernel.context import Context, reference
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_
from xinglin.kernel.view import View
from xinglin.platform.i18n import gettext as _

basket = BasketSection(
    name="imaging.basket",
    title=N_("Examinations"),
    lines="imaging.lines",
    add=("imaging.order",),
    issue="imaging.issue",
    table="examination",
    key="F4",
    icon="image",
    empty=N_("No examination ordered yet"),
    hint=N_("Press F4 and type a name, its pinyin initials or a code."),
    void=frozenset({"CANCELLED"}),
    order=30,
)

LISTS: dict[str, View] = {
    "examine": views.to_examine,
    "report": views.to_report,
    "review": views.to_review,
    "published": views.published,
}
DAYS_AHEAD = 7


@screen(
    "imaging.station",
    title=N_("Imaging"),
    path="/imaging",
    permission="imaging.work",
    template="imaging/station.html",
    icon="image",
    order=46,
)
async def station(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Who is to be examined, what is to be reported and reviewed, what was published, critical findings; and the open
    one.

    Query: `list` one of examine, report, review, published and critical; `order` the open examination; `day` for
    places.
    """
    offered = [name for name, view in LISTS.items() if context.may(view.permission)]
    chosen = query.get("list") if query.get("list") in {*offered, "critical"} else offered[0]
    shown: dict[str, Any] = {
        "list": chosen,
        "pages": {name: await run_view(context, LISTS[name], {"limit": 200}) for name in offered},
        "critical": await run_view(context, context.registry.views["critical.log"], {"limit": 100}),
        "examination": None,
    }
    if query.get("order") and chosen != "critical":
        shown["examination"] = await _examination(context, query["order"], _day(context, query.get("day")))
        shown["patient"] = shown["examination"]["patient"]
    return shown


def _day(context: Context, text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else context.today
    except ValueError:
        raise BadRequest(_("must be a date like 1968-03-12"), expression="day") from None


async def _examination(context: Context, name: str, day: date) -> dict[str, Any]:
    request = await context.read(name)
    code = resources.study_code(request)
    study = (await read_studies(context, [code])).get(code)
    room = await read_room(context, performing.room_of(request).partition("/")[2])
    draft = await reporting.draft_of(context, request)
    report = await reporting.published_report(context, request)
    held = await context.read_many(each["reference"] for each in (report or {}).get("result") or ())
    done = await performing.procedure_of_any(context, request)
    return {
        "reference": name,
        "request": request,
        "what": resources.what(request),
        "state": views.state_of(context, request),
        "patient": await context.read(request["subject"]["reference"]),
        "accession": resources.accession(request),
        "study": study,
        "room": room,
        "safety": resources.safety(request),
        "alerts": [text.partition(": ")[2] or text for text in resources.accepted_alerts(request)],
        "procedure": done,
        "draft": draft,
        "report": report,
        "findings": resources.findings_of(draft) if draft else resources.findings_of(report, held),
        "impression": str((draft or report or {}).get("conclusion", "")),
        "own": draft is not None and reporting.author(draft) == context.actor.practitioner,
        "amended_for": resources.extension(draft or {}, resources.AMENDED_FOR).get("valueString", ""),
        "before": await _before(context, request),
        **await _booking(context, request, room, day),
        "template": _template(study),
    }


def _template(study: Study | None) -> dict[str, str] | None:
    return dict(zip(("findings", "impression"), study.template, strict=True)) if study and study.template else None


async def _booking(context: Context, request: Resource, room: Room, day: date) -> dict[str, Any]:
    """The places that may be booked, where the room is one that is."""
    if not room.booked or views.state_of(context, request) not in BEFORE or not context.may("imaging.desk"):
        return {"places": None, "days": [], "day": day}
    found = await run_view(context, views.places, {"room": performing.room_of(request), "day": day, "limit": 200})
    return {
        "places": found.rows,
        "days": [context.today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)],
        "day": day,
    }


async def _before(context: Context, request: Resource) -> list[Resource]:
    """The patient's earlier reports of examinations, the newest first."""
    query = [
        ("patient", request["subject"]["reference"]),
        ("category", f"{resources.REPORT}|examination"),
        ("status", resources.PUBLISHED),
        ("_sort", "-date"),
        ("_count", "6"),
    ]
    found = (await context.search("DiagnosticReport", query)).resources
    own = reference(request)
    return [item for item in found if own not in [each["reference"] for each in item.get("basedOn") or ()]][:5]
