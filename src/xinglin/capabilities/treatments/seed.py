"""Treatments of the demonstration hospital, and their prices."""

from decimal import Decimal

from xinglin.capabilities.treatments.catalogue import TREATMENTS, offers, resources
from xinglin.fhir.outcome import NotFound
from xinglin.kernel.context import Context


async def seed(context: Context) -> None:
    """Writes the catalogue and its prices once."""
    try:
        await context.read(f"CodeSystem/{TREATMENTS}")
    except NotFound:
        pass
    else:
        return
    for treatment, price in offers():
        await context.call("billing.set_price", item=treatment.code, name=treatment.name, price=Decimal(price))
    for resource in resources():
        await context.create(resource, id=resource["id"])
