"""Verification by a second person, publication, and correction of what was published."""

from pydantic import Field

from xinglin.capabilities.laboratory import entering, formulas, resources, values
from xinglin.capabilities.laboratory.entering import Sheet
from xinglin.capabilities.laboratory.ordering import OneOrder
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.command import command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

OWN = ("value", "interpretation", "referenceRange", "note", "method", "performer", "device")
"""Beginnings of the names of elements that a correction replaces."""


@command(
    "laboratory.verify",
    title=N_("Verify and publish"),
    permission="laboratory.work",
    done=N_("Verified and published"),
    tone="primary",
)
async def verify(context: Context, input: OneOrder) -> Resource:
    """Publishes the results of a test as a signed report, after another person than the one who entered them has
    looked.

    Critical values go to the doctor who ordered the test, and must be acknowledged there.
    """
    request = await entering.locked_request(context, input.order)
    sheet = await entering.read_sheet(context, request)
    if sheet.worksheet is None:
        raise Refused(_("No results are entered"))
    if who_entered(sheet.worksheet) == context.actor.practitioner:
        raise Refused(_("Who entered the results can't verify them; another person must"))
    request = await context.move("test", request)
    former = await published_report(context, request)
    observations = await _publish(context, sheet, former)
    report = await _report(context, sheet, former, observations)
    await context.delete(sheet.worksheet)
    await context.call("signing.sign", targets=[reference(report), *map(reference, observations)])
    await _tell(context, request, report, observations)
    context.emit("laboratory.reported", report, key=request["encounter"]["reference"])
    return report


def who_entered(worksheet: Resource) -> str | None:
    """The practitioner who entered results last; None for an instrument."""
    who = (worksheet.get("performer") or [{}])[0].get("reference")
    return str(who) if who else None


async def published_report(context: Context, request: Resource) -> Resource | None:
    """The published report of a test."""
    query = [("based-on", reference(request)), ("status", resources.PUBLISHED), ("_count", "1")]
    found = (await context.search("DiagnosticReport", query)).resources
    return found[0] if found else None


async def results_of(context: Context, report: Resource | None) -> dict[str, Resource]:
    """The observations of a report by analyte."""
    held = await context.read_many(each["reference"] for each in (report or {}).get("result") or ())
    return {resources.test_code(item): item for item in held.values()}


async def _publish(context: Context, sheet: Sheet, former: Resource | None) -> list[Resource]:
    """Writes the worksheet's observations as they are to be read; of a correction those that changed, others stay."""
    earlier = await results_of(context, former)
    written: dict[str, Resource] = {}
    for code, draft in sheet.held.items():
        held = earlier.pop(code, None)
        if held is None:
            fresh = {name: value for name, value in draft.items() if name != "id"}
            sources = formulas.SOURCES.get(sheet.analytes[code].formula or "", ()) if "method" in draft else ()
            derived = [build.reference(written[each]) for each in sources if each in written]
            fresh = build.without_empty({**fresh, "status": "final", "derivedFrom": derived})
            written[code] = await context.create({**fresh, "issued": build.instant(context.now)})
        elif values.text_of(held) == values.text_of(draft):
            written[code] = held
        else:
            written[code] = await context.update(_corrected(held, draft, context))
    for gone in earlier.values():
        await context.update({**gone, "status": "entered-in-error"})
    return list(written.values())


def _corrected(held: Resource, draft: Resource, context: Context) -> Resource:
    kept = {name: value for name, value in held.items() if not name.startswith(OWN)}
    own = {name: value for name, value in draft.items() if name.startswith(OWN)}
    before = {"text": _("Before the correction: {value}").format(value=values.shown(held))}
    notes = [before, *(own.get("note") or ())]
    return {**kept, **own, "note": notes, "status": "corrected", "issued": build.instant(context.now)}


async def _report(context: Context, sheet: Sheet, former: Resource | None, observations: list[Resource]) -> Resource:
    worksheet = sheet.worksheet
    assert worksheet is not None
    elements: Json = {
        **{name: value for name, value in worksheet.items() if name not in ("id", "meta", "contained")},
        "status": "corrected" if former else "final",
        "issued": build.instant(context.now),
        "resultsInterpreter": [build.reference(str(context.actor.practitioner), context.actor.name)],
        "result": [build.reference(each, build.concept_text(each["code"])) for each in observations],
    }
    if former is None:
        return await context.create(elements)
    return await context.update({**elements, "id": former["id"], "meta": former["meta"]})


async def _tell(context: Context, request: Resource, report: Resource, observations: list[Resource]) -> None:
    """Sends critical values that nobody has been told of yet to whoever ordered the test."""
    moment = build.instant(context.now)
    critical = [each for each in observations if _flag(each) in values.CRITICAL and each.get("issued") == moment]
    if critical:
        text = "；".join(
            f"{build.concept_text(each['code'])} {values.shown(each)}（{_flag(each)}）" for each in critical
        )
        await context.call("critical.send", order=reference(request), focus=reference(report), finding=text)


def _flag(observation: Resource) -> str:
    return build.first_code((observation.get("interpretation") or [None])[0]) or ""


class SendBack(OneOrder):
    """Results that don't convince."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "laboratory.send_back",
    title=N_("Send back"),
    permission="laboratory.work",
    done=N_("Sent back; results are to be entered again"),
    tone="danger",
)
async def send_back(context: Context, input: SendBack) -> Resource:
    """Sends results back to be measured and entered again; the reason stands on the worksheet."""
    request = await entering.locked_request(context, input.order)
    worksheet = await entering.worksheet_of(context, request)
    if worksheet is not None:
        text = _("Sent back: {reason}").format(reason=input.reason)
        await context.update({**worksheet, "conclusion": text})
    return await context.move("test", request)


class Correct(OneOrder):
    """A published report that is wrong."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "laboratory.correct",
    title=N_("Correct"),
    permission="laboratory.work",
    done=N_("Opened for correction; the published report stands until another person has verified it"),
)
async def correct(context: Context, input: Correct) -> Resource:
    """Opens a published report for correction. It stands as it is until new values are entered and verified by a second
    person; then it becomes a corrected one, which names the former values, and the original stays in its history."""
    request = await context.move("test", await entering.locked_request(context, input.order))
    report = await published_report(context, request)
    held = await results_of(context, report)
    sheet = await entering.read_sheet(context, request)
    drafts = [
        {
            **{name: value for name, value in held[code].items() if name not in ("meta", "derivedFrom", "note")},
            "id": code,
        }
        for code in sheet.analytes
        if code in held
    ]
    comment = str((report or {}).get("conclusion", ""))
    written = resources.worksheet(request, sheet.specimen, drafts, comment=comment, context=context)
    mark = {"url": resources.CORRECTED_FOR, "valueString": input.reason}
    return await context.create({**written, "extension": [mark]})
