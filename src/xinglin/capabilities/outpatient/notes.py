"""Writing the record of a visit: saved while one types, from several windows, and undone until it is signed."""

from collections.abc import Mapping

from pydantic import Field

from xinglin.capabilities.outpatient import resources, visits
from xinglin.capabilities.outpatient.base import VisitStep
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert, Refused, demand_reason
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


class WriteNote(VisitStep):
    """The outpatient record. Every save replaces the whole record; earlier versions stay in its history.

    `base` is the version that was on the screen when the typing began. What another window saved since then is kept
    in every field that was not touched here.
    """

    chief_complaint: str | None = Field(None, title=N_("Chief complaint"), max_length=200)
    present_illness: str | None = Field(
        None, title=N_("History of present illness"), max_length=4000, json_schema_extra=MULTILINE
    )
    past_history: str | None = Field(None, title=N_("Past history"), max_length=2000, json_schema_extra=MULTILINE)
    examination: str | None = Field(
        None, title=N_("Physical examination"), max_length=2000, json_schema_extra=MULTILINE
    )
    plan: str | None = Field(None, title=N_("Plan"), max_length=2000, json_schema_extra=MULTILINE)
    base: int | None = Field(None, title=N_("Version"), ge=0, json_schema_extra={"widget": "hidden"})
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command("outpatient.write_note", title=N_("Save record"), permission="outpatient.treat", done=N_("Record saved"))
async def write_note(context: Context, input: WriteNote) -> Resource:
    """Writes the record of a visit in consultation; it is preliminary until the doctor signs.

    Where another window changed the same field since `base`, the two are shown, and the save asks for a reason.
    """
    encounter = await visits.in_consultation(context, input.visit)
    given = {field: getattr(input, field) or "" for field in resources.SECTIONS}
    held = await visits.composition(context, input.visit)
    if held is not None:
        given = await _merged(context, held, given, input)
    if not any(given.values()):
        raise Refused(_("The record is empty"))
    if held is not None and given == resources.note_values(held) and held["status"] == "preliminary":
        return held
    return await _write(context, encounter, held, given)


async def _write(
    context: Context, encounter: Resource, held: Resource | None, values: Mapping[str, str | None]
) -> Resource:
    written = resources.note(encounter, str(context.actor.practitioner), dict(values), context.now)
    if held is None:
        return await context.create(written)
    return await context.update({**held, **written})


async def _merged(context: Context, held: Resource, given: dict[str, str], input: WriteNote) -> dict[str, str]:
    """What was typed, with what another window saved meanwhile in the fields that were not touched here."""
    version = int(held["meta"]["versionId"])
    if input.base is None or input.base >= version:
        return given
    now = resources.note_values(held)
    before = resources.note_values(await _version(context, held, input.base) if input.base else None)
    alerts = []
    merged = {}
    for field, mine in given.items():
        theirs, was = now[field], before[field]
        merged[field] = theirs if mine == was else mine
        if mine not in (was, theirs) and theirs != was:
            text = _("Another window has saved here: “{text}”. Going on replaces it.").format(text=theirs or "—")
            alerts.append(Alert("warning", "two-windows", text, field, reference(held)))
    demand_reason(alerts, input.reason)
    return merged


async def _version(context: Context, held: Resource, version: int) -> Resource:
    try:
        return await context.repository.vread("Composition", held["id"], version)
    except NotFound:
        raise Refused(_("The record has no version {version}").format(version=version), expression="version") from None


class RestoreNote(VisitStep):
    """An earlier version of a record."""

    version: int = Field(title=N_("Version"), ge=1, json_schema_extra={"widget": "hidden"})


@command(
    "outpatient.restore_note",
    title=N_("Take back to this"),
    permission="outpatient.treat",
    done=N_("The earlier version stands again; what it replaces stays in the history"),
)
async def restore_note(context: Context, input: RestoreNote) -> Resource:
    """Takes the record of a visit in consultation back to what it said in an earlier version."""
    encounter = await visits.in_consultation(context, input.visit)
    held = await visits.composition(context, input.visit)
    if held is None:
        raise Refused(_("Nothing is written yet"))
    earlier = resources.note_values(await _version(context, held, input.version))
    if earlier == resources.note_values(held):
        raise Refused(_("The record says that already"), expression="version")
    return await _write(context, encounter, held, earlier)
