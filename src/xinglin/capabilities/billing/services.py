"""What charges are for, and whether it has been done: a service that the patient has had is not refunded."""

from pydantic import Field

from xinglin.capabilities.billing import resources
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


class MarkRendered(Input):
    """A service that was done, or, with `rendered` false, taken back."""

    service: str = Field(title=N_("Service"), pattern=r"^[A-Za-z]+/[A-Za-z0-9.\-]{1,64}$")
    rendered: bool = Field(title=N_("Rendered"))


@command(
    "billing.mark_rendered",
    title=N_("Mark as rendered"),
    permission="billing.charge",
    done=N_("Marked"),
)
async def mark_rendered(context: Context, input: MarkRendered) -> Resource:
    """Notes on a service's charges that it was done, which keeps them from being refunded, or that it was taken back.

    `service` names what the charges are for: the visit itself, or a request of it. Without charges nothing is done.
    Refused for a service whose charges have all been refunded: it may not be done any more.
    """
    held = await context.read(input.service)
    visit = input.service if held["resourceType"] == "Encounter" else held.get("encounter", {}).get("reference")
    charges = await charges_for(context, visit, input.service) if visit else []
    table = context.registry.tables["charge"]
    standing = [item for item in charges if (state := table.of(item)) and state.code != "REFUNDED"]
    if charges and not standing and input.rendered:
        name = build.concept_text(charges[0]["code"])
        raise Refused(_("{item} has been refunded and may not be done any more").format(item=name))
    for item in standing:
        changed = {**item, "extension": resources.with_rendered(item, rendered=input.rendered)}
        if changed["extension"] != item.get("extension"):
            await context.update(changed)
    return operation_outcome([Issue("information", "informational", _("Marked"))])


async def charges_for(context: Context, visit: str, service: str) -> list[Resource]:
    """The charges of a visit that are for a service, locked; the visit is too, as whoever settles or refunds does."""
    await context.read(visit, lock=True)
    found = await context.search("ChargeItem", [("context", visit), ("_sort", "_id"), ("_count", "500")])
    return [
        await context.read(f"ChargeItem/{item['id']}", lock=True)
        for item in found.resources
        if service in resources.services([item])
    ]


async def why_kept(context: Context, item: Resource) -> str | None:
    """Why a charge cannot be refunded: what it is for has been done. None where it can."""
    marked = resources.rendered(item)
    if marked is False:
        return None
    name = build.concept_text(item["code"])
    for service in resources.services([item]):
        if service.startswith("Encounter/") and (marked or await _seen(context, service)):
            return _("{item}: the consultation has taken place").format(item=name)
        if service.startswith("MedicationRequest/") and (marked or await _dispensed(context, service)):
            return _("{item}: dispensed; the pharmacy must take it back first").format(item=name)
    return _("{item}: it has been done; whoever did it must take it back first").format(item=name) if marked else None


# Charges of before services were marked tell nothing; what was done stands in the service's own resources.


async def _seen(context: Context, visit: str) -> bool:
    encounter = await context.read(visit)
    return encounter["status"] not in {"planned", "arrived", "triaged", "cancelled"}


async def _dispensed(context: Context, request: str) -> bool:
    query = [("prescription", request), ("status", "completed"), ("_count", "1")]
    return bool((await context.search("MedicationDispense", query)).resources)
