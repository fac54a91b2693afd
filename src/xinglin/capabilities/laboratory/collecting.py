"""The specimen's way: labelled, collected, received in the laboratory, or rejected and collected again."""

from typing import Literal

from pydantic import Field, field_validator

from xinglin.capabilities.laboratory import resources, specimens
from xinglin.capabilities.laboratory.catalogue import Panel, read_panels, read_tubes
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.basket import issued
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert, Refused, demand_reason
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

TO_COLLECT = ("PAID", "REJECTED")

CAUSES = {
    "RH": N_("Haemolysed"),
    "RC": N_("Clotted"),
    "QS": N_("Not enough of it"),
    "RM": N_("Label wrong or missing"),
    "RI": N_("Of whom it is is not certain"),
    "RN": N_("Contaminated"),
    "RB": N_("Container broken"),
    "RR": N_("Kept wrongly"),
    "EX": N_("Too old"),
}
"""Why a specimen is rejected (HL7 v2 table 0490)."""


class LabelTubes(Input):
    """The visit whose tests are to be collected."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})


@command(
    "laboratory.label",
    title=N_("Make labels"),
    permission="laboratory.collect",
    done=N_("Labels made"),
    tone="primary",
)
async def label(context: Context, input: LabelTubes) -> Resource:
    """Makes a specimen with a number for each tube that the paid tests of a visit need; tests of one kind of tube share
    it.

    Tests that have a label already are left as they are. What comes of it is a Bundle of the specimens.
    """
    await context.read(input.visit, lock=True)
    wanted = [item for item in await _to_collect(context, input.visit) if not await _labelled(context, item)]
    if not wanted:
        raise Refused(_("No paid test of this visit needs a label"))
    panels = await read_panels(context, map(resources.test_code, wanted))
    groups: dict[str, list[Resource]] = {}
    for request in wanted:
        groups.setdefault(panels[resources.test_code(request)].tube, []).append(request)
    tubes = await read_tubes(context, groups)
    day = context.today.strftime("%y%m%d")
    made = []
    for tube, requests in groups.items():
        number = f"{day}{await next_number(context.connection, f'accession-{day}'):05d}"
        specimen = context.moved("specimen", resources.specimen(number, tubes[tube], requests))
        made.append(await context.create(specimen))
        for request in requests:
            await context.update({**request, "specimen": [build.reference(made[-1], number)]})
    return issued(made)


async def _to_collect(context: Context, visit: str) -> list[Resource]:
    table = context.registry.tables["test"]
    tags = ",".join(table.tag(code) for code in TO_COLLECT)
    found = await context.search("ServiceRequest", [("encounter", visit), ("_tag", tags), ("_count", "100")])
    return [
        await context.read(f"ServiceRequest/{id}", lock=True) for id in sorted(each["id"] for each in found.resources)
    ]


async def _labelled(context: Context, request: Resource) -> bool:
    named = specimens.specimen_of(request)
    state = context.registry.tables["specimen"].of(await context.read(named)) if named else None
    return state is not None and state.code == "LABELLED"


class Collect(Input):
    """Tubes of one visit that are filled now."""

    specimens: list[str] = Field(
        title=N_("Specimens"), min_length=1, max_length=30, json_schema_extra={"widget": "hidden"}
    )
    fasting: Literal["F", "NF"] | None = Field(
        None,
        title=N_("Has the patient fasted?"),
        json_schema_extra=select([("F", N_("Fasted")), ("NF", N_("Has eaten"))]),
    )
    note: str | None = Field(None, title=N_("Note"), max_length=200)
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "laboratory.collect",
    title=N_("Collected"),
    permission="laboratory.collect",
    done=N_("Collection recorded"),
    tone="primary",
)
async def collect(context: Context, input: Collect) -> Resource:
    """Records that labelled tubes of one patient were filled: by whom, when, and whether the patient had fasted.

    Where a test needs it, fasting must be asked for; who has eaten is collected with a reason only. From now on the
    tests are not refunded. Refused for a test that has been refunded meanwhile.
    """
    visits = set()
    written: Resource = {}
    for name in sorted(set(input.specimens)):
        specimen, requests = await specimens.locked(context, await context.read(name))
        visits |= {request["encounter"]["reference"] for request in requests}
        if len(visits) > 1:
            raise Refused(_("These tubes belong to different visits"), expression="specimens")
        open_ones = specimens.in_state(context, requests, *TO_COLLECT)
        if not open_ones:
            raise Refused(
                _("The tests of specimen {number} are cancelled").format(number=resources.accession(specimen))
            )
        panels = await read_panels(context, map(resources.test_code, open_ones))
        demand_reason(_fasting(list(panels.values()), input.fasting), input.reason)
        for request in open_ones:
            await context.update(_unrejected(context.moved("test", request)))
            await context.call("billing.mark_rendered", service=reference(request), rendered=True)
        written = await context.update(_collected(context, specimen, input))
    return written


def _fasting(panels: list[Panel], fasting: str | None) -> list[Alert]:
    names = listed(panel.name for panel in panels if panel.fasting)
    if not names or fasting == "F":
        return []
    if fasting is None:
        raise Refused(_("Please ask whether the patient has fasted: {tests}").format(tests=names), expression="fasting")
    return [Alert("warning", "fasting", _("The patient has eaten: {tests}").format(tests=names), "fasting")]


def _collected(context: Context, specimen: Resource, input: Collect) -> Resource:
    notes = [text for text in (input.note, input.reason) if text]
    fasting = {"F": "Fasting", "NF": "Not fasting"}
    status = build.concept(resources.FASTING_STATUS, input.fasting, fasting[input.fasting]) if input.fasting else None
    collection = {
        "collector": build.reference(str(context.actor.practitioner), context.actor.name),
        "collectedDateTime": build.instant(context.now),
        "fastingStatusCodeableConcept": status,
    }
    moved = context.moved("specimen", specimen)
    return build.without_empty(
        {**moved, "collection": build.without_empty(collection), "note": [{"text": text} for text in notes]}
    )


def _unrejected(request: Resource) -> Resource:
    kept = [item for item in request.get("extension") or () if item.get("url") != resources.REJECTED_FOR]
    return build.without_empty({**request, "extension": kept})


class Receive(Input):
    """A specimen by the number on its label."""

    accession: str = Field(title=N_("Specimen number"), pattern=r"^[0-9]{6,20}$")


@command(
    "laboratory.receive",
    title=N_("Receive specimen"),
    permission="laboratory.work",
    done=N_("Specimen received"),
    tone="primary",
)
async def receive(context: Context, input: Receive) -> Resource:
    """Takes a collected specimen into the laboratory, by its number as the scanner reads it."""
    found = await specimens.by_accession(context, input.accession)
    specimen, requests = await specimens.locked(context, found)
    moved = context.moved("specimen", specimen)
    for request in specimens.in_state(context, requests, "COLLECTED"):
        await context.move("test", request)
    return await context.update({**moved, "receivedTime": build.instant(context.now)})


class Reject(Input):
    """A specimen that can't be used."""

    specimen: str = Field(title=N_("Specimen"), pattern=r"^Specimen/", json_schema_extra={"widget": "hidden"})
    cause: str = Field(title=N_("Cause"), json_schema_extra=select(CAUSES.items()))
    note: str | None = Field(None, title=N_("Note"), max_length=200)

    @field_validator("cause")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in CAUSES:
            raise ValueError(_("must be one of {expected}").format(expected=listed(CAUSES)))
        return value


@command(
    "laboratory.reject",
    title=N_("Reject specimen"),
    permission="laboratory.work",
    done=N_("Rejected; it will be collected again"),
    tone="danger",
)
async def reject(context: Context, input: Reject) -> Resource:
    """Rejects a specimen with a coded cause: its tests stand on the collection list again, and may be refunded.

    Refused where results were entered already; they must be sent back first.
    """
    specimen, requests = await specimens.locked(context, await context.read(input.specimen))
    moved = context.moved("specimen", specimen)
    text = _(CAUSES[input.cause]) + (f"：{input.note}" if input.note else "")
    cause = {"coding": [build.coding(resources.REJECT_REASON, input.cause)], "text": text}
    mark = {"url": resources.REJECTED_FOR, "valueCodeableConcept": cause}
    if specimens.in_state(context, requests, "ENTERED", "REPORTED", "CORRECTING", "CORRECTED"):
        raise Refused(_("Results of this specimen were entered already; send them back first"))
    for request in specimens.in_state(context, requests, "COLLECTED", "RECEIVED"):
        request = _unrejected(context.moved("test", request))
        await context.update({**request, "extension": [*(request.get("extension") or ()), mark]})
        await context.call("billing.mark_rendered", service=reference(request), rendered=False)
    written = await context.update({**moved, "extension": [*(moved.get("extension") or ()), mark]})
    context.emit("laboratory.rejected", written, key=requests[0]["encounter"]["reference"])
    return written
