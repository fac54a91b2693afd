"""Choosing who pays for a visit; what is open and depends on it is priced anew."""

from decimal import Decimal

from pydantic import Field, field_validator

from xinglin.capabilities.billing import payers, price_list, prices, settling
from xinglin.capabilities.billing.price_words import PAYER_NAMES
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _


class ChoosePayer(Input):
    """Who pays for a visit before the patient does; `number` is that of the patient's insurance."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
    kind: str = Field(title=N_("Payer"), json_schema_extra=select(PAYER_NAMES.items()))
    number: str | None = Field(None, title=N_("Insurance number"), pattern=r"^[A-Za-z0-9\-]{4,30}$")

    @field_validator("kind")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in PAYER_NAMES:
            raise ValueError(_("must be one of {expected}").format(expected=listed(PAYER_NAMES)))
        return value


@command(
    "billing.choose_payer",
    title=N_("Choose payer"),
    permission="billing.payer",
    done=N_("Payer chosen"),
)
async def choose_payer(context: Context, input: ChoosePayer) -> Resource:
    """Chooses who pays for a visit: the patient alone, or by an insurance, which is noted where it is new.

    Open charges whose price depends on the payer are priced anew, by the version that they were charged by. Refused
    while a payment of the visit is on its way.
    """
    encounter = await context.read(input.visit, lock=True)
    coverage = None
    if input.kind != payers.SELF:
        coverage = await _coverage(context, encounter["subject"]["reference"], input.kind, input.number)
    reference = payers.account_of(input.visit)
    wanted = payers.account(encounter, coverage)
    if (await context.read_many([reference])).get(reference) is None:
        account = await context.create(wanted, id=reference.partition("/")[2])
    else:
        held = await context.read(reference, lock=True)
        others = {name: value for name, value in held.items() if name != "coverage"}
        account = await context.update({**others, **{k: v for k, v in wanted.items() if k == "coverage"}})
    # Whoever registers a visit chooses its payer, and sees nothing of its charges.
    await context.call("billing.reprice", visit=input.visit)
    return account


class Reprice(Input):
    """A visit whose payer has changed."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/")


@command("billing.reprice", title=N_("Price anew"), permission="billing.payer", done=N_("Priced anew"))
async def reprice(context: Context, input: Reprice) -> Resource:
    """Prices the open charges of a visit anew, each by the version of the list that it was charged by.

    Refused while a payment of the visit is on its way.
    """
    encounter = await context.read(input.visit, lock=True)
    if await settling.under_way(context, input.visit):
        raise Refused(_("A payment is still on its way; wait for it, or cancel it"))
    for item in await settling.open_charges(context, input.visit):
        await _reprice(context, encounter, item)
    return encounter


async def _coverage(context: Context, patient: str, kind: str, number: str | None) -> Resource:
    """The patient's insurance of a kind, under the number where one is given; a new one where there is none."""
    query = [("beneficiary", patient), ("type", f"{payers.INSURANCE}|{kind}"), ("status", "active"), ("_count", "20")]
    held = (await context.search("Coverage", query)).resources
    fitting = [one for one in held if number in (None, one.get("subscriberId"))]
    if fitting:
        return fitting[0]
    if number is None:
        raise Refused(_("The patient has no such insurance on record; enter its number"), expression="number")
    return await context.create(
        {
            "resourceType": "Coverage",
            "status": "active",
            "type": build.concept(payers.INSURANCE, kind, payers.KINDS[kind]),
            "subscriberId": number,
            "beneficiary": build.reference(patient),
            "payor": [{"display": payers.KINDS[kind]}],
        }
    )


async def _reprice(context: Context, encounter: Resource, item: Resource) -> None:
    canonical = next(iter(item.get("definitionCanonical") or ()), None)
    code = build.first_code(item.get("code"), prices.CHARGE_CODE) or ""
    versions = (await price_list.versions(context, [code])).get(code, [])
    version = next((one for one in versions if prices.canonical(one) == canonical), None)
    if version is None or len(version["propertyGroup"]) == 1:
        return
    price = await price_list.price_for(context, version, encounter)
    total = build.money(price * Decimal(str(item["quantity"]["value"])))
    if build.amount(total) != build.amount(item["priceOverride"]):
        await context.update({**item, "priceOverride": total})
