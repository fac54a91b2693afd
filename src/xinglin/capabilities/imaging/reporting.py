"""The report: written, signed by who wrote it, reviewed and published by another physician; amended."""

from pydantic import Field

from xinglin.capabilities.imaging import resources
from xinglin.capabilities.imaging.ordering import OneOrder
from xinglin.capabilities.imaging.performing import locked_order
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.command import MULTILINE, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


class Write(OneOrder):
    """A report: what is seen, and what it means. Every save replaces the draft."""

    findings: str = Field(title=N_("Findings"), min_length=2, max_length=6000, json_schema_extra=MULTILINE)
    impression: str = Field(title=N_("Impression"), min_length=2, max_length=2000, json_schema_extra=MULTILINE)


@command("imaging.write", title=N_("Save draft"), permission="imaging.report", done=N_("Draft saved"))
async def write(context: Context, input: Write) -> Resource:
    """Writes the draft of a report. Nobody but imaging sees it until it is reviewed."""
    request = await context.move("examination", await locked_order(context, input.order))
    study = await _first(context, "ImagingStudy", request)
    held = await draft_of(context, request)
    written = resources.draft(request, input.findings, input.impression, study, context)
    if held is None:
        return await context.create(written)
    marks = {"extension": held["extension"]} if "extension" in held else {}
    return await context.update({**written, **marks, "id": held["id"], "meta": held["meta"]})


async def _first(context: Context, type: str, request: Resource) -> Resource | None:
    name = "basedon" if type == "ImagingStudy" else "based-on"
    found = (await context.search(type, [(name, reference(request)), ("_count", "1")])).resources
    return found[0] if found else None


async def draft_of(context: Context, request: Resource) -> Resource | None:
    """The draft of a report that nobody has reviewed yet."""
    query = [("based-on", reference(request)), ("status", "preliminary"), ("_count", "1")]
    found = (await context.search("DiagnosticReport", query)).resources
    return found[0] if found else None


async def published_report(context: Context, request: Resource) -> Resource | None:
    """The published report of an examination."""
    query = [("based-on", reference(request)), ("status", resources.PUBLISHED), ("_count", "1")]
    found = (await context.search("DiagnosticReport", query)).resources
    return found[0] if found else None


def author(report: Resource | None) -> str | None:
    """The practitioner who wrote a report."""
    who = ((report or {}).get("performer") or [{}])[0].get("reference")
    return str(who) if who else None


@command(
    "imaging.sign",
    title=N_("Sign and submit"),
    permission="imaging.report",
    done=N_("Signed; another physician reviews it"),
    tone="primary",
)
async def sign(context: Context, input: OneOrder) -> Resource:
    """Signs the draft as the one who wrote it, and submits it to review by another physician."""
    request = await locked_order(context, input.order)
    held = await draft_of(context, request)
    if held is None:
        raise Refused(_("Nothing is written yet"))
    if author(held) != context.actor.practitioner:
        raise Refused(_("The report was written by {name}").format(name=held["performer"][0].get("display", "")))
    await context.call("signing.sign", targets=[reference(held)])
    return await context.move("examination", request)


class SendBack(OneOrder):
    """A report that is to be written anew."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "imaging.send_back",
    title=N_("Send back"),
    permission="imaging.report",
    done=N_("Sent back to its author"),
    tone="danger",
)
async def send_back(context: Context, input: SendBack) -> Resource:
    """Sends a submitted report back to its author, with the reason."""
    request = await context.move("examination", await locked_order(context, input.order))
    note = {"text": _("Report sent back: {reason}").format(reason=input.reason), "time": build.instant(context.now)}
    return await context.update({**request, "note": [*(request.get("note") or ()), note]})


@command(
    "imaging.approve",
    title=N_("Review and publish"),
    permission="imaging.report",
    done=N_("Reviewed and published"),
    tone="primary",
)
async def approve(context: Context, input: OneOrder) -> Resource:
    """Publishes a submitted report with a second signature. Refused to the one who wrote it."""
    request = await locked_order(context, input.order)
    held = await draft_of(context, request)
    if held is None:
        raise Refused(_("Nothing is written yet"))
    if author(held) == context.actor.practitioner:
        raise Refused(_("Who wrote the report can't review it; another physician must"))
    request = await context.move("examination", request)
    report, findings = await _publish(context, request, held)
    await context.delete(held)
    await context.call("signing.sign", targets=[reference(report), reference(findings)])
    context.emit("imaging.reported", report, key=request["encounter"]["reference"])
    return report


async def _publish(context: Context, request: Resource, draft: Resource) -> tuple[Resource, Resource]:
    """Writes report and findings as they are to be read; of an amendment in place of the former, which the history
    keeps."""
    former = await published_report(context, request)
    text = resources.findings_of(draft)
    if former is None:
        fresh = {**resources.observation(request, text, context), "performer": draft["performer"], "status": "final"}
        findings = await context.create(fresh)
    else:
        held = await context.read(former["result"][0]["reference"], lock=True)
        findings = await context.update({**held, "valueString": text, "status": "amended"})
    elements: Json = {
        **{name: value for name, value in draft.items() if name not in ("id", "meta", "contained")},
        "status": "amended" if former else "final",
        "issued": build.instant(context.now),
        "resultsInterpreter": [build.reference(str(context.actor.practitioner), context.actor.name)],
        "result": [build.reference(findings)],
    }
    if former is None:
        return await context.create(elements), findings
    return await context.update({**elements, "id": former["id"], "meta": former["meta"]}), findings


class Amend(OneOrder):
    """A published report that must be changed."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "imaging.amend",
    title=N_("Amend"),
    permission="imaging.report",
    done=N_("Opened; the published report stands until the amendment is reviewed"),
)
async def amend(context: Context, input: Amend) -> Resource:
    """Opens a published report for amendment. It stands as it is until the new one is written, signed and reviewed by
    another physician; the original stays in the history."""
    request = await context.move("examination", await locked_order(context, input.order))
    report = await published_report(context, request)
    assert report is not None
    held = await context.read_many(each["reference"] for each in report.get("result") or ())
    findings, impression = resources.findings_of(report, held), str(report.get("conclusion", ""))
    study = await _first(context, "ImagingStudy", request)
    written = resources.draft(request, findings, impression, study, context)
    mark = {"url": resources.AMENDED_FOR, "valueString": input.reason}
    return await context.create({**written, "extension": [mark]})


class Alarm(OneOrder):
    """A finding that can't wait for the report."""

    finding: str = Field(title=N_("Critical finding"), min_length=2, max_length=300, json_schema_extra=MULTILINE)


@command(
    "imaging.alarm",
    title=N_("Critical finding"),
    permission="imaging.alarm",
    done=N_("Sent to the doctor"),
    tone="danger",
)
async def alarm(context: Context, input: Alarm) -> Resource:
    """Sends a critical finding to the doctor who ordered, as soon as it is seen, whether the report is written or
    not."""
    request = await context.read(input.order)
    state = context.registry.tables["examination"].of(request)
    if state is None or state.code in ("DRAFT", "CREATED", "PAID", "BOOKED", "WAITING", "CANCELLED"):
        raise Refused(_("The examination has not begun"))
    report = await published_report(context, request)
    focus = reference(report) if report else input.order
    return await context.call("critical.send", order=input.order, focus=focus, finding=input.finding)
