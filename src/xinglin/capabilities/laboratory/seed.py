"""The test catalogue of the demonstration hospital, and its prices."""

from decimal import Decimal

from xinglin.capabilities.laboratory.catalogue import TESTS
from xinglin.capabilities.laboratory.definitions import panels, resources
from xinglin.fhir.outcome import NotFound
from xinglin.kernel.context import Context


async def seed(context: Context) -> None:
    """Writes the catalogue and its prices once."""
    try:
        await context.read(f"CodeSystem/{TESTS}")
    except NotFound:
        pass
    else:
        return
    for panel in panels().values():
        await context.call("billing.set_price", item=panel.code, name=panel.name, price=Decimal(panel.price))
    for resource in resources():
        await context.create(resource, id=resource["id"])
