"""Keeping what was paid for: reserved at payment, released when it is refunded or not fetched in time."""

from datetime import date, datetime, time, timedelta

from pydantic import Field

from xinglin.capabilities.pharmacy import batches, resources
from xinglin.capabilities.pharmacy.batches import Batch
from xinglin.capabilities.pharmacy.prescriptions import valid_until
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


async def reserve(context: Context, line: Resource) -> list[Batch]:
    """The batches that are kept for a line, which are taken from the window where none are yet; [] where they don't
    suffice."""
    kept = await batches.moved_to(context, reference(line), batches.RESERVED)
    if kept:
        return kept
    packs = build.amount(line["dispenseRequest"]["quantity"])
    picked = await batches.take(context, batches.WINDOW, resources.drug_code(line), packs)
    if picked:
        await batches.move(context, reference(line), picked, batches.RESERVED, "reserve")
    return [batch.at(batches.RESERVED) for batch in picked]


async def release(context: Context, line: Resource) -> bool:
    """Gives back to the window what is kept for a line; tells whether anything was."""
    kept = await batches.moved_to(context, reference(line), batches.RESERVED)
    if kept:
        await batches.move(context, reference(line), kept, batches.WINDOW, "release")
    return bool(kept)


class ReleaseUnfetched(Input):
    """A day that is over."""

    day: date = Field(title=N_("Day"))


@command(
    "pharmacy.release_unfetched",
    title=N_("Release what was not fetched"),
    permission="pharmacy.close",
    done=N_("Released"),
)
async def release_unfetched(context: Context, input: ReleaseUnfetched) -> Resource:
    """Gives back to the window what is kept for paid prescriptions whose validity ended by a past day."""
    if input.day >= context.today:
        raise Refused(_("Only a past day can be closed"), expression="day")
    end = datetime.combine(input.day + timedelta(days=1), time(), context.zone)
    query = [("_tag", context.registry.tables["prescription"].tag("PAID")), ("_sort", "_id"), ("_count", "500")]
    released, cursor = 0, None
    while True:
        found = await context.search("MedicationRequest", [*query, *([("_cursor", cursor)] if cursor else [])])
        for line in resources.by_medicine(found.resources):
            until = valid_until(line)
            if until is not None and until < end:
                await context.read(line["encounter"]["reference"], lock=True)
                released += await release(context, line)
        cursor = found.next
        if cursor is None:
            break
    return operation_outcome([Issue("information", "informational", _("{count} released").format(count=released))])
