"""Examinations and rooms of the demonstration hospital, and their prices."""

from decimal import Decimal

from xinglin.capabilities.imaging.catalogue import STUDIES
from xinglin.capabilities.imaging.definitions import resources, studies
from xinglin.fhir.outcome import NotFound
from xinglin.kernel.context import Context


async def seed(context: Context) -> None:
    """Writes the catalogue and its prices once."""
    try:
        await context.read(f"CodeSystem/{STUDIES}")
    except NotFound:
        pass
    else:
        return
    for study in studies().values():
        await context.call("billing.set_price", item=study.code, name=study.name, price=Decimal(study.price))
    for resource in resources():
        await context.create(resource, id=resource["id"])
