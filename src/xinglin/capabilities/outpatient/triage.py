"""Triage: who is looked at first, by vital signs and the nurse's eye."""

from typing import Literal

from pydantic import Field

from xinglin.capabilities.outpatient import levels, queueing, resources, visits
from xinglin.capabilities.outpatient.levels import LEVELS, ORDER, Consciousness, Level, Signs
from xinglin.capabilities.outpatient.record import Vitals, write_vitals
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Alert, Refused, demand_reason
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _

TRIAGE = "urn:xinglin:code:triage-level"


class Triage(Vitals):
    """Vital signs, complaint and level of somebody who waits. Without a level, the proposed one is taken."""

    chief_complaint: str | None = Field(None, title=N_("Chief complaint"), max_length=200)
    consciousness: Consciousness | None = Field(
        None, title=N_("Consciousness"), json_schema_extra=select(levels.CONSCIOUSNESS.items())
    )
    pain: int | None = Field(None, title=N_("Pain, 0 to 10"), ge=0, le=10)
    level: Literal["I", "II", "III", "IV"] | None = Field(
        None,
        title=N_("Level"),
        json_schema_extra=select((code, degree.title) for code, degree in LEVELS.items()),
    )
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "outpatient.triage",
    title=N_("Triage"),
    permission="outpatient.triage",
    done=N_("Triaged"),
    tone="primary",
)
async def triage(context: Context, input: Triage) -> Resource:
    """Records vital signs and complaint of somebody who waits, and sets the triage level; I and II go ahead of all.

    Another level than the vital signs propose asks for a reason, which is kept with the place in the queue. For
    children under 14, and without vital signs, the level must be chosen.
    """
    encounter = await context.read(input.visit, lock=True)
    place = await visits.queue_place(context, input.visit)
    state = context.registry.tables["queue"].of(place)
    if state is None or state.code not in queueing.PRESENT:
        raise Refused(
            _("Triage is for those who wait; this place is in state '{state}'").format(
                state=_(state.title) if state else "—"
            )
        )
    patient = await context.read(encounter["subject"]["reference"])
    signs = Signs(input.systolic, input.pulse, input.temperature, input.saturation, input.pain, input.consciousness)
    proposed = levels.proposal(signs, build.age_in_years(patient.get("birthDate"), context.today))
    level = input.level or proposed
    if level is None:
        raise Refused(
            _("Choose a level: nothing proposes one without vital signs, or for children under 14"), expression="level"
        )
    demand_reason(_differs(level, proposed, signs), input.reason)
    await write_vitals(context, encounter, input)
    for observation in resources.triage_signs(
        encounter, context.actor.practitioner, context.now, input.pain, input.consciousness
    ):
        await context.create(observation)
    await _keep_level(context, encounter, place, level, input)
    return await context.read(input.visit)


def _differs(level: Level, proposed: Level | None, signs: Signs) -> list[Alert]:
    """A warning where the nurse chose another level than the signs propose."""
    if proposed is None or level == proposed:
        return []
    why = listed(finding.text for finding in levels.findings(signs)) or _("all values within limits")
    lower = ORDER.index(level) > ORDER.index(proposed)
    text = _("The vital signs propose level {proposed} ({why})").format(proposed=proposed, why=why)
    return [Alert("warning", "triage-lower" if lower else "triage-higher", text, "level")]


async def _keep_level(context: Context, encounter: Resource, place: Resource, level: Level, input: Triage) -> None:
    """Writes the level to the visit and to its place in the queue, with the reason where there was one."""
    degree = LEVELS[level]
    complaint = {"reasonCode": [{"text": input.chief_complaint}]} if input.chief_complaint else {}
    await context.update({**encounter, **complaint, "priority": build.concept(TRIAGE, level, degree.display)})
    note = {"text": input.reason, "time": build.instant(context.now)}
    notes = [*(place.get("note") or ()), *([note] if input.reason else [])]
    moved = {**place, "priority": degree.priority, "note": notes, "lastModified": build.instant(context.now)}
    await context.update(build.without_empty(moved))


def level_of(encounter: Resource | None) -> str:
    """The triage level of a visit; blank while nobody has triaged it."""
    return build.first_code((encounter or {}).get("priority"), TRIAGE) or ""
