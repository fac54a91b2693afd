"""Changing prices: proposed by one person, approved by another, in force by themselves from their first day on."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from xinglin.capabilities.billing import price_list, prices, resources
from xinglin.capabilities.billing.price_words import DAY_NAMES, PAYER_NAMES, campus_names, conditions_of
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Alert, NotPermitted, Refused, demand_reason
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

LEAP = Decimal("0.5")
"""A change by more than this part of the price asks for a reason: it may be a slip of the decimal point."""

ITEM = r"^[A-Za-z0-9\-.]{1,64}$"
LARGEST = 1000000


class SetPrice(Input):
    """The price of one unit of an item from now on."""

    item: str = Field(title=N_("Item"), pattern=ITEM)
    name: str = Field(title=N_("Item name"), min_length=1, max_length=120)
    price: Decimal = Field(title=N_("Price"), ge=0, le=LARGEST, decimal_places=2)


@command("billing.set_price", title=N_("Set price"), permission="billing.set_price", done=N_("Price set"))
async def set_price(context: Context, input: SetPrice) -> Resource:
    """Sets the price of an item without a proposal, as the first furnishing of a hospital does.

    The first version holds since ever and has the item's code as its id; a further one holds from today on. Charges
    that exist keep theirs.
    """
    await context.lock(f"billing.price.{input.item}")
    held = (await price_list.versions(context, [input.item])).get(input.item, [])
    today = [one for one in held if prices.start_of(one) == context.today and price_list.is_approved(context, one)]
    start = context.today if held else None
    definition = prices.price_definition(input.item, input.name, input.price, version=next_version(held), start=start)
    if today:
        changed = {**today[0], "title": input.name, "propertyGroup": definition["propertyGroup"]}
        return await context.update(changed)
    written = await context.create(context.moved("price", definition), id=None if held else input.item)
    await set_ends(context, input.item)
    return written


def next_version(held: Iterable[Resource]) -> str:
    """The number of the version after those that there are."""
    numbers = [int(one["version"]) for one in held if str(one.get("version", "")).isdecimal()]
    return str(max(numbers, default=0) + 1)


async def set_ends(context: Context, item: str) -> None:
    """Lets every approved version of an item end on the day before the next one begins."""
    held = (await price_list.versions(context, [item])).get(item, [])
    approved = [one for one in held if price_list.is_approved(context, one)]
    for position, definition in enumerate(approved):
        following = prices.start_of(approved[position + 1]) if position + 1 < len(approved) else None
        changed = prices.ending(definition, following)
        if changed.get("effectivePeriod") != definition.get("effectivePeriod"):
            await context.update(changed)


class ProposePrice(Input):
    """The price of one unit of an item from a day on."""

    item: str = Field(title=N_("Item code"), pattern=ITEM)
    name: str = Field(title=N_("Item name"), min_length=1, max_length=120)
    price: Decimal = Field(title=N_("Price"), ge=0, le=LARGEST, decimal_places=2, json_schema_extra={"widget": "money"})
    start: date = Field(title=N_("In force from"))
    why: str = Field(title=N_("Grounds"), min_length=2, max_length=200)
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "billing.propose_price",
    title=N_("Propose a price"),
    permission="billing.prices",
    done=N_("Proposed; somebody else approves it"),
    tone="primary",
)
async def propose_price(context: Context, input: ProposePrice) -> Resource:
    """Proposes a new version of an item's price, or a new item, under a number of its own.

    Variants of the present version are taken over. A change by more than half asks for a reason. Refused for a day that
    is over, and where a version that begins on that day is proposed or approved already.
    """
    await context.lock(f"billing.price.{input.item}")
    held = (await price_list.versions(context, [input.item])).get(input.item, [])
    check_start(context, held, input.start)
    found = [leap] if (leap := leap_of(present(context, held, input.start), input.price)) else []
    demand_reason(found, input.reason)
    number = await batch_number(context)
    return await write_proposal(context, held, input, number, reason=input.reason)


def check_start(context: Context, held: Iterable[Resource], start: date) -> None:
    """Refuses a day that is over, or on which another version begins that is approved or proposed."""
    if start < context.today:
        raise BadRequest(_("A price can't begin on a day that is over"), expression="start")
    table = context.registry.tables["price"]
    for one in held:
        state = table.of(one)
        open_or_approved = state is None or state.code in ("PROPOSED", "APPROVED")
        if open_or_approved and prices.start_of(one) == start:
            number = build.find_identifier(one, prices.BATCH) or one.get("version", "")
            text = _("A version that begins on this day is there already: {number}").format(number=number)
            raise BadRequest(text, expression="start")


def present(context: Context, held: Iterable[Resource], day: date) -> Resource | None:
    """The version that would hold on a day."""
    return prices.in_force((one for one in held if price_list.is_approved(context, one)), day)


def leap_of(definition: Resource | None, price: Decimal) -> Alert | None:
    """The finding that a price changes by more than half."""
    before = prices.unit_price(definition) if definition else Decimal(0)
    if not before or abs(price - before) <= before * LEAP:
        return None
    text = _("{name} would change from {before} to {after}")
    name = definition["title"] if definition else ""
    return Alert("warning", "leap", text.format(name=name, before=before, after=price), "price")


async def batch_number(context: Context) -> str:
    """The number of a new sheet of changes."""
    day = context.today.strftime("%y%m%d")
    return f"PC{day}{await next_number(context.connection, f'price-change-{day}'):04d}"


async def write_proposal(
    context: Context,
    held: list[Resource],
    line: ProposePrice,
    batch: str,
    *,
    variants: Iterable[prices.Variant] | None = None,
    reason: str | None = None,
) -> Resource:
    """Writes one proposed version under the number of its sheet; without `variants`, with those of the present one."""
    now = present(context, held, line.start)
    if variants is None:
        variants = prices.variants(now) if now else ()
    definition = prices.price_definition(
        line.item, line.name, line.price, version=next_version(held), start=line.start, variants=variants
    )
    grounds = line.why if not reason else _("{grounds} ({reason})").format(grounds=line.why, reason=reason)
    proposal = {
        **definition,
        "identifier": [build.identifier(prices.BATCH, batch)],
        "date": build.instant(context.now),
        "extension": [
            {
                "url": prices.PROPOSED_BY,
                "valueReference": build.reference(str(context.actor.practitioner), context.actor.name),
            },
            {"url": prices.REASON, "valueString": grounds},
        ],
    }
    proposal.pop("id")
    return await context.create(context.moved("price", proposal), id=None if held else line.item)


class Version(Input):
    """A proposed version of a price."""

    version: str = Field(title=N_("Version"), pattern=r"^ChargeItemDefinition/", json_schema_extra={"widget": "hidden"})


class AddVariant(Version):
    """Another price for some patients, doctors, places or days; every condition that is named must hold."""

    price: Decimal = Field(title=N_("Price"), ge=0, le=LARGEST, decimal_places=2, json_schema_extra={"widget": "money"})
    campus: str | None = Field(
        None, title=N_("Campus"), json_schema_extra={"widget": "select", "source": "billing.campuses"}
    )
    payer: str | None = Field(None, title=N_("Payer"), json_schema_extra=select(PAYER_NAMES.items()))
    level: str | None = Field(None, title=N_("Doctor's title"), json_schema_extra=select(prices.LEVELS.items()))
    age: int | None = Field(None, title=N_("Younger than (years)"), ge=1, le=120)
    day: Literal["workdays", "weekend"] | None = Field(
        None, title=N_("Days of the week"), json_schema_extra=select(DAY_NAMES.items())
    )


@command(
    "billing.add_variant",
    title=N_("Add variant"),
    permission="billing.prices",
    done=N_("Variant added"),
)
async def add_variant(context: Context, input: AddVariant) -> Resource:
    """Adds to a proposed version a price that holds under conditions; only whoever proposed it may.

    Refused without a condition, and where a variant with the same conditions is there.
    """
    proposal = await _own_proposal(context, input.version)
    row = input.model_dump(mode="json", exclude={"version", "price"}, exclude_none=True)
    campuses = {name: reference for reference, name in (await campus_names(context)).items()}
    conditions = conditions_of({name: str(value) for name, value in row.items()}, campuses)
    if not conditions:
        raise BadRequest(_("Name at least one condition: campus, payer, title, age or days"), expression="campus")
    variant = prices.Variant(conditions, input.price)
    if any(set(held.expressions()) == set(variant.expressions()) for held in prices.variants(proposal)):
        raise BadRequest(_("A variant with these conditions is there already"), expression="price")
    groups = [*proposal["propertyGroup"], prices.variant_group(variant)]
    return await context.move("price", {**proposal, "propertyGroup": groups})


class RemoveVariant(Version):
    """A variant by its place in the version, from 1 on."""

    position: int = Field(title=N_("Position"), ge=1, le=100, json_schema_extra={"widget": "hidden"})


@command("billing.remove_variant", title=N_("Remove"), permission="billing.prices", done=N_("Variant removed"))
async def remove_variant(context: Context, input: RemoveVariant) -> Resource:
    """Takes a variant off a proposed version; only whoever proposed it may."""
    proposal = await _own_proposal(context, input.version)
    groups = list(proposal["propertyGroup"])
    if input.position >= len(groups):
        raise BadRequest(_("There is no such variant"), expression="position")
    del groups[input.position]
    return await context.move("price", {**proposal, "propertyGroup": groups})


async def _own_proposal(context: Context, version: str) -> Resource:
    proposal = await context.read(version, lock=True)
    if (
        resources.extension(proposal, prices.PROPOSED_BY).get("valueReference", {}).get("reference")
        != context.actor.practitioner
    ):
        raise NotPermitted(_("Only whoever proposed it may change it"))
    return proposal


class Batch(Input):
    """A sheet of proposed changes by its number."""

    batch: str = Field(title=N_("Number"), pattern=r"^PC[0-9]{10,}$", json_schema_extra={"widget": "hidden"})


class DecideWithReason(Batch):
    """A sheet that does not come into force."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


async def _sheet(context: Context, batch: str) -> list[Resource]:
    """The versions of a sheet, locked, in the order of their items."""
    query = [("identifier", f"{prices.BATCH}|{batch}"), ("_count", "1000")]
    found = (await context.search("ChargeItemDefinition", query)).resources
    if not found:
        raise NotFound(_("There is no sheet {number}").format(number=batch))
    for item in sorted({prices.code_of(one) for one in found}):
        await context.lock(f"billing.price.{item}")
    return [await context.read(f"ChargeItemDefinition/{one['id']}", lock=True) for one in sorted(found, key=_place)]


def _place(definition: Resource) -> tuple[str, str]:
    return prices.code_of(definition), str(definition["id"])


@command(
    "billing.approve_prices",
    title=N_("Approve"),
    permission="billing.approve_prices",
    done=N_("Approved; it comes into force by itself"),
    tone="primary",
)
async def approve_prices(context: Context, input: Batch) -> Resource:
    """Approves all changes of a sheet; each holds from its day on, or from today where that day is over.

    Refused for whoever proposed it, and where a version that begins on the same day was approved meanwhile.
    """
    sheet = await _sheet(context, input.batch)
    for proposal in sheet:
        _refuse_own(context, proposal)
        item = prices.code_of(proposal)
        start = max(prices.start_of(proposal), context.today)
        await _refuse_taken(context, item, start)
        approved = {
            **_decided(context, context.moved("price", proposal)),
            "approvalDate": context.today.isoformat(),
            "effectivePeriod": {"start": start.isoformat()},
        }
        written = await context.update(approved)
        await set_ends(context, item)
    return written


async def _refuse_taken(context: Context, item: str, start: date) -> None:
    """Refuses where an approved version begins on the same day."""
    held = (await price_list.versions(context, [item])).get(item, [])
    for one in held:
        if prices.start_of(one) == start and price_list.is_approved(context, one):
            raise Refused(_("{name}: another version begins on {day}").format(name=one["title"], day=start.isoformat()))


def _refuse_own(context: Context, proposal: Resource) -> None:
    proposer = resources.extension(proposal, prices.PROPOSED_BY).get("valueReference", {}).get("reference")
    if proposer == context.actor.practitioner:
        raise NotPermitted(_("Whoever proposed a change can't approve it"))


def _decided(context: Context, proposal: Resource, reason: str | None = None) -> Resource:
    extensions = list(proposal.get("extension") or ())
    by = build.reference(str(context.actor.practitioner), context.actor.name)
    extensions.append({"url": prices.DECIDED_BY, "valueReference": by})
    if reason:
        extensions.append({"url": prices.REASON, "valueString": reason})
    return {**proposal, "extension": extensions}


@command(
    "billing.reject_prices",
    title=N_("Reject"),
    permission="billing.approve_prices",
    done=N_("Rejected"),
    tone="danger",
)
async def reject_prices(context: Context, input: DecideWithReason) -> Resource:
    """Rejects a sheet of proposed changes with a reason."""
    for proposal in await _sheet(context, input.batch):
        written = await context.update(_decided(context, context.moved("price", proposal), input.reason))
    return written


@command(
    "billing.withdraw_prices",
    title=N_("Withdraw"),
    permission="billing.prices",
    done=N_("Withdrawn"),
    tone="danger",
)
async def withdraw_prices(context: Context, input: DecideWithReason) -> Resource:
    """Withdraws a sheet that was not decided, or was approved and has not begun yet; what held goes on holding."""
    for proposal in await _sheet(context, input.batch):
        if price_list.is_approved(context, proposal) and prices.start_of(proposal) <= context.today:
            raise Refused(_("{name} is in force already; propose another price").format(name=proposal["title"]))
        written = await context.update(_decided(context, context.moved("price", proposal), input.reason))
        await set_ends(context, prices.code_of(proposal))
    return written
