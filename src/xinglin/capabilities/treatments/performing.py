"""Carrying out a treatment; a skin test is begun, and read by two after twenty minutes."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from xinglin.capabilities.treatments import resources
from xinglin.capabilities.treatments.catalogue import ALLERGEN, read_treatment
from xinglin.capabilities.treatments.ordering import OneOrder
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

READ_AFTER = timedelta(minutes=20)
"""When a skin test is read (Chinese guideline for skin tests of β-lactam antibiotics, 2021: 15 to 20 minutes)."""


async def locked_order(context: Context, name: str) -> Resource:
    """An order, locked behind its visit."""
    request = await context.read(name)
    await context.read(request["encounter"]["reference"], lock=True)
    return await context.read(name, lock=True)


class Perform(OneOrder):
    """A treatment that was carried out."""

    note: str | None = Field(None, title=N_("Note"), max_length=200)


@command(
    "treatments.perform",
    title=N_("Carry out"),
    permission="treatments.perform",
    done=N_("Carried out"),
    tone="primary",
)
async def perform(context: Context, input: Perform) -> Resource:
    """Records that a paid treatment was carried out: by whom and when. It is not refunded any more."""
    request = await locked_order(context, input.order)
    if (await read_treatment(context, resources.treatment_code(request))).allergen:
        raise Refused(_("A skin test is begun, and read after {minutes} minutes").format(minutes=_minutes(READ_AFTER)))
    request = await context.move("treatment", request)
    await context.call("billing.mark_rendered", service=reference(request), rendered=True)
    await context.create(resources.procedure(request, input.note, context))
    context.emit("treatments.done", request, key=request["encounter"]["reference"])
    return request


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


@command(
    "treatments.begin_test",
    title=N_("Begin skin test"),
    permission="treatments.perform",
    done=N_("Begun; to be read in 20 minutes"),
    tone="primary",
)
async def begin_test(context: Context, input: OneOrder) -> Resource:
    """Begins a skin test; from now on it is not refunded. Refused for what is none."""
    request = await locked_order(context, input.order)
    if not (await read_treatment(context, resources.treatment_code(request))).allergen:
        raise Refused(_("This is no skin test"))
    request = context.moved("treatment", request)
    await context.call("billing.mark_rendered", service=reference(request), rendered=True)
    return await context.update({**request, "occurrenceDateTime": build.instant(context.now)})


class ReadTest(OneOrder):
    """The result of a skin test."""

    result: Literal["negative", "positive"] = Field(title=N_("Result"))
    checked_by: str = Field(title=N_("Second reader"), min_length=2, max_length=40)
    note: str | None = Field(None, title=N_("Note"), max_length=200)


@command(
    "treatments.read_test",
    title=N_("Read skin test"),
    permission="treatments.perform",
    done=N_("Result recorded"),
    tone="primary",
)
async def read_test(context: Context, input: ReadTest) -> Resource:
    """Records the result of a skin test that two people have read. Negative only after twenty minutes; positive at any
    time, and then the allergy is recorded as well, so that every workstation warns of it."""
    request = await locked_order(context, input.order)
    treatment = await read_treatment(context, resources.treatment_code(request))
    moved = context.moved("treatment", request)
    waited = context.now - datetime.fromisoformat(request["occurrenceDateTime"])
    if input.result == "negative" and waited < READ_AFTER:
        text = _("Only {waited} minutes have gone by; a negative result is read after {minutes}")
        raise Refused(text.format(waited=_minutes(waited), minutes=_minutes(READ_AFTER)), expression="result")
    if input.checked_by == context.actor.name:
        raise Refused(_("The second reader must be somebody else"), expression="checked_by")
    request = await context.update(moved)
    observation = await context.create(
        resources.skin_test(
            request, treatment, input.result, note=input.note, checked_by=input.checked_by, context=context
        )
    )
    if input.result == "positive":
        await _record_allergy(context, request["subject"]["reference"], treatment.allergen)
    context.emit("treatments.tested", observation, key=request["encounter"]["reference"])
    return observation


async def _record_allergy(context: Context, patient: str, allergen: str) -> None:
    query = [("patient", patient), ("clinical-status", "active"), ("code", f"{ALLERGEN}|{allergen}"), ("_count", "1")]
    if not (await context.search("AllergyIntolerance", query)).resources:
        await context.call("patients.record_allergy", patient=patient, allergen=allergen, reaction="皮试阳性")
