"""Prices of the demonstration hospital that belong to no other capability."""

from decimal import Decimal

from xinglin.fhir.outcome import NotFound
from xinglin.kernel.context import Context

SERVICES = (("consultation", "门诊诊查费", Decimal("25.00")),)


async def seed(context: Context) -> None:
    """Writes the prices once."""
    for code, name, price in SERVICES:
        try:
            await context.read(f"ChargeItemDefinition/{code}")
        except NotFound:
            await context.call("billing.set_price", item=code, name=name, price=price)
