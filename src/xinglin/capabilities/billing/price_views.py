"""The price list: what holds today, what held, and what is proposed."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import Field

from xinglin.capabilities.billing import price_list, prices, resources
from xinglin.capabilities.billing.price_words import COLUMNS, campus_names, words_of
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, SearchText, view
from xinglin.platform.i18n import gettext as _


class OfItems(Filter):
    """Items by their codes."""

    items: list[str] = Field(title=N_("Items"), max_length=500)


class CurrentPrice(Row):
    """What one unit of an item costs as a rule; the key is the item's code."""

    price: Decimal = Field(title=N_("Price"), json_schema_extra={"kind": "money"})


@view("billing.current_prices", title=N_("Prices of today"), permission="billing.price_tags", row=CurrentPrice)
async def current_prices(context: Context, filter: OfItems) -> Page[CurrentPrice]:
    """The usual prices of items today; variants for some patients or places are told by the bill. Those without a
    price are absent."""
    held = await price_list.current(context, filter.items)
    return Page([CurrentPrice(key=item, price=prices.unit_price(one)) for item, one in sorted(held.items())])


class PriceRow(Row):
    """A price that holds today: the usual one of an item, or a variant with its conditions."""

    item: str = Field(title=COLUMNS["item"])
    name: str = Field(title=COLUMNS["name"])
    price: Decimal = Field(title=COLUMNS["price"], json_schema_extra={"kind": "money"})
    start: str = Field(title=COLUMNS["start"])
    campus: str = Field("", title=COLUMNS["campus"])
    payer: str = Field("", title=COLUMNS["payer"])
    level: str = Field("", title=COLUMNS["level"])
    age: str = Field("", title=COLUMNS["age"])
    day: str = Field("", title=COLUMNS["day"])

    @property
    def usual(self) -> bool:
        """Whether it is the item's price where no variant holds."""
        return not any((self.campus, self.payer, self.level, self.age, self.day))

    @property
    def conditions(self) -> list[str]:
        """The conditions of a variant, as people read them."""
        young = _("younger than {age}").format(age=self.age) if self.age else ""
        return [text for text in (self.campus, self.payer, self.level, young, self.day) if text]


@view("billing.prices", title=N_("Price list"), permission="billing.prices", row=PriceRow, empty=N_("No price found"))
async def price_rows(context: Context, filter: SearchText) -> Page[PriceRow]:
    """What holds today, by name, each item with its variants; found by a part of the name or by the code."""
    today, tomorrow = context.today, context.today + timedelta(days=1)
    query = [
        (
            "_filter",
            f"effective pr false or (effective ge {today.isoformat()} and effective lt {tomorrow.isoformat()})",
        ),
        ("status", "active"),
        ("_sort", "title,_id"),
        ("_count", str(filter.limit)),
    ]
    if filter.text:
        words = filter.text.replace("\\", "").replace('"', "")
        query.append(("_filter", f'title co "{words}" or url eq "{prices.URL}{words}"'))
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("ChargeItemDefinition", query)
    campuses = await campus_names(context)
    rows = [row for one in found.resources for row in rows_of(one, campuses)]
    return Page(rows, found.next)


def rows_of(definition: Resource, campuses: dict[str, str]) -> list[PriceRow]:
    """A version as rows: its usual price, then its variants."""
    item, start = prices.code_of(definition), str((definition.get("effectivePeriod") or {}).get("start", ""))
    common: dict[str, Any] = {"item": item, "name": str(definition.get("title", "")), "start": start}
    rows = [PriceRow(key=item, price=prices.unit_price(definition), **common)]
    try:
        held = prices.variants(definition)
    except prices.UnknownConditionError as error:
        unknown = _("not understood: {condition}").format(condition=error)
        return [*rows, PriceRow(key=item, price=prices.unit_price(definition), **common, day=unknown)]
    return [
        *rows,
        *(PriceRow(key=item, price=one.price, **common, **words_of(one.conditions, campuses)) for one in held),
    ]


class ChangeRow(Row):
    """A sheet of proposed changes; the key is its number."""

    items: int = Field(title=N_("Items"), json_schema_extra={"kind": "number"})
    what: str = Field(title=N_("What"))
    grounds: str = Field(title=N_("Grounds"))
    by: str = Field(title=N_("Proposed by"))
    start: str = Field(title=COLUMNS["start"])
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "price"})


@view(
    "billing.price_changes",
    title=N_("Changes to approve"),
    permission="billing.prices",
    row=ChangeRow,
    empty=N_("Nothing to approve"),
)
async def price_changes(context: Context, filter: Filter) -> Page[ChangeRow]:
    """Sheets of proposed changes that nobody has decided yet, the newest first."""
    tag = context.registry.tables["price"].tag("PROPOSED")
    rows = await _sheets(context, [("_tag", tag)])
    return Page(rows[: filter.limit], total=len(rows))


async def decided_changes(context: Context) -> list[ChangeRow]:
    """Sheets that were decided, the newest first: the last thirty or so."""
    table = context.registry.tables["price"]
    tags = ",".join(table.tag(state.code) for state in table.states if state.code != "PROPOSED")
    return (await _sheets(context, [("_tag", tags), ("identifier", f"{prices.BATCH}|"), ("_count", "300")]))[:30]


async def _sheets(context: Context, query: list[tuple[str, str]]) -> list[ChangeRow]:
    if not any(name == "_count" for name, _value in query):
        query = [*query, ("_count", "1000")]
    found = await context.search("ChargeItemDefinition", [*query, ("_sort", "-_lastUpdated")])
    sheets: dict[str, list[Resource]] = {}
    for one in found.resources:
        sheets.setdefault(build.find_identifier(one, prices.BATCH) or "", []).append(one)
    sheets.pop("", None)
    return [_sheet_row(context, number, held) for number, held in sorted(sheets.items(), reverse=True)]


def _sheet_row(context: Context, number: str, held: list[Resource]) -> ChangeRow:
    first = held[0]
    state = context.registry.tables["price"].of(first)
    names = [str(one.get("title", "")) for one in held[:3]]
    return ChangeRow(
        key=number,
        items=len(held),
        what="、".join(names) + ("…" if len(held) > 3 else ""),
        grounds=next(iter(_reasons(first)), ""),
        by=str(proposer(first).get("display", "")),
        start=min(str((one.get("effectivePeriod") or {}).get("start", "")) for one in held),
        state=state.code if state else "",
    )


def proposer(definition: Resource) -> dict[str, Any]:
    """Who proposed a version, as a Reference."""
    found: dict[str, Any] = resources.extension(definition, prices.PROPOSED_BY).get("valueReference", {})
    return found


def _reasons(definition: Resource) -> list[str]:
    return [
        str(entry["valueString"]) for entry in definition.get("extension") or () if entry.get("url") == prices.REASON
    ]


async def sheet(context: Context, batch: str) -> dict[str, Any] | None:
    """A sheet for the screen: its lines with what holds before and after, and who may decide."""
    query = [("identifier", f"{prices.BATCH}|{batch}"), ("_count", "1000")]
    found = (await context.search("ChargeItemDefinition", query)).resources
    if not found:
        return None
    held = await price_list.versions(context, (prices.code_of(one) for one in found))
    campuses = await campus_names(context)
    lines = [_change(context, one, held, campuses) for one in sorted(found, key=lambda one: str(one.get("title")))]
    row = _sheet_row(context, batch, found)
    own = proposer(found[0]).get("reference") == context.actor.practitioner
    decided = resources.extension(found[0], prices.DECIDED_BY).get("valueReference", {})
    return {
        "row": row,
        "lines": lines,
        "own": own,
        "at": found[0].get("date"),
        "decided": str(decided.get("display", "")),
        "reasons": _reasons(found[0]),
        "open": row.state == "PROPOSED",
        "future": row.state == "APPROVED" and all(prices.start_of(one) > context.today for one in found),
    }


def _change(
    context: Context, proposal: Resource, held: dict[str, list[Resource]], campuses: dict[str, str]
) -> dict[str, Any]:
    item = prices.code_of(proposal)
    others = (one for one in held[item] if one["id"] != proposal["id"] and price_list.is_approved(context, one))
    before = prices.in_force(others, max(prices.start_of(proposal), context.today))
    usual, *variants = rows_of(proposal, campuses)
    old = prices.unit_price(before) if before else None
    part = (usual.price - old) / old * 100 if old else None
    return {
        "reference": f"ChargeItemDefinition/{proposal['id']}",
        "usual": usual,
        "before": old,
        "percent": f"{part:+.1f} %" if part else "",
        "rises": bool(part and part > 0),
        "variants": variants,
    }


async def history(context: Context, item: str) -> dict[str, Any] | None:
    """An item for the screen: what holds today, and every version with its period and state."""
    held = (await price_list.versions(context, [item])).get(item)
    if not held:
        return None
    campuses = await campus_names(context)
    approved = [one for one in held if price_list.is_approved(context, one)]
    now = prices.in_force(approved, context.today)
    usual, *variants = rows_of(now, campuses) if now else rows_of(held[-1], campuses)
    return {
        "item": item,
        "name": usual.name,
        "usual": usual if now else None,
        "variants": variants if now else [],
        "versions": [_version(context, one, now) for one in reversed(held)],
    }


def _version(context: Context, one: Resource, now: Resource | None) -> dict[str, Any]:
    state = context.registry.tables["price"].of(one)
    period = one.get("effectivePeriod") or {}
    return {
        "version": one.get("version", ""),
        "price": prices.unit_price(one),
        "variants": len(one["propertyGroup"]) - 1,
        "start": period.get("start", ""),
        "end": period.get("end", ""),
        "state": state.code if state else "APPROVED",
        "now": one is now,
        "batch": build.find_identifier(one, prices.BATCH),
        "by": proposer(one).get("display", ""),
    }


class CampusRow(Row):
    """A campus."""

    name: str = Field(title=N_("Campus"))


@view("billing.campuses", title=N_("Campuses"), permission="billing.prices", row=CampusRow)
async def campuses(context: Context, filter: Filter) -> Page[CampusRow]:
    """The campuses that a price may depend on."""
    named: Iterable[tuple[str, str]] = sorted((await campus_names(context)).items(), key=lambda pair: pair[1])
    return Page([CampusRow(key=reference, name=name) for reference, name in named][: filter.limit])
