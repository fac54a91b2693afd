"""Prices in bulk from CSV or Excel: looked at line by line before anything is written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pydantic import Field, ValidationError

from xinglin.capabilities.billing import price_list, prices, pricing
from xinglin.capabilities.billing.price_words import COLUMNS, NEEDED, campus_names, conditions_of
from xinglin.fhir.outcome import BadRequest, FhirError
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Alert, Refused, demand_reason, from_validation
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _
from xinglin.platform.i18n import ngettext
from xinglin.platform.spreadsheets import SpreadsheetError, read_table

MOST = 2000
"""Lines of one file."""


class ImportPrices(Input):
    """Lines with a heading: item, name, price, and where they are wanted start, campus, payer, title, age, days."""

    content: str = Field(
        title=N_("CSV or Excel"),
        min_length=1,
        max_length=900_000,
        json_schema_extra={
            **MULTILINE,
            "hint": N_(
                "The first line names the columns as the export does: item, name, price are needed. A line with a "
                "campus, payer, title, age or days is a variant of its item."
            ),
        },
    )
    start: date = Field(title=N_("In force from"))
    why: str = Field(title=N_("Grounds"), min_length=2, max_length=200)
    keep: Literal["all", "good"] = Field(
        "all",
        title=N_("Where lines are refused"),
        json_schema_extra=select([("all", N_("Refuse the file")), ("good", N_("Take the others"))]),
    )
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@dataclass
class Change:
    """What a file asks for one item: the usual price, variants, and the numbers of its lines."""

    line: pricing.ProposePrice | None = None
    variants: list[prices.Variant] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)


@command(
    "billing.import_prices",
    title=N_("Import prices"),
    permission="billing.prices",
    done=N_("Proposed; somebody else approves it"),
    tone="primary",
)
async def import_prices(context: Context, input: ImportPrices) -> Resource:
    """Proposes the prices of a file as one sheet of changes; what is not different from now is left out.

    Every line is looked at first, and what is refused is listed with its number and reason. With `keep` "all" one such
    line refuses the file; with "good" the others are proposed once a reason is given.
    """
    try:
        table = read_table(input.content, MOST + 1)
    except SpreadsheetError as error:
        raise BadRequest(str(error), expression="content") from error
    heading = _heading(table[0][1] if table else [])
    changes, faults = await _understood(context, heading, table[1:], input)
    held = await price_list.versions(context, changes)
    wanted = {}
    for item, change in changes.items():
        try:
            if await _different(context, held.get(item, []), change):
                wanted[item] = change
        except FhirError as error:
            faults += [_fault(number, issue.diagnostics) for number in change.numbers for issue in error.issues]
    _confirm(context, input, wanted, faults, held)
    number = await pricing.batch_number(context)
    for item, change in sorted(wanted.items()):
        await context.lock(f"billing.price.{item}")
        written = await _propose(context, held.get(item, []), change, number)
    return written


def _heading(row: Sequence[str]) -> list[str]:
    names = {_(title): name for name, title in COLUMNS.items()} | {name: name for name in COLUMNS}
    heading = [names.get(cell, cell) for cell in row]
    known = [name for name in heading if name in COLUMNS]
    if not set(NEEDED) <= set(known) or len(set(known)) < len(known):
        accepted = listed(f"{name} ({_(title)})" for name, title in COLUMNS.items())
        text = _("The first line must name the columns, each once; {needed} are needed. Accepted are {accepted}")
        raise BadRequest(text.format(needed=listed(NEEDED), accepted=accepted), expression="content")
    return heading


async def _understood(
    context: Context, heading: list[str], lines: Iterable[tuple[int, list[str]]], input: ImportPrices
) -> tuple[dict[str, Change], list[Alert]]:
    """What the lines ask for, by item, and what is wrong with those that are refused, one by one."""
    campuses = {name: reference for reference, name in (await campus_names(context)).items()}
    changes: dict[str, Change] = {}
    faults: list[Alert] = []
    broken: set[str] = set()
    for number, cells in lines:
        row = dict(zip(heading, cells, strict=False))
        item = row.get("item", "")
        try:
            _add(changes.setdefault(item, Change()), number, row, input, campuses)
        except FhirError as error:
            broken.add(item)
            faults += [_fault(number, issue.diagnostics) for issue in error.issues]
    for item in broken:
        dropped = changes.pop(item)
        text = _("another line of {item} is refused").format(item=item or "—")
        faults += [_fault(number, text) for number in dropped.numbers]
    return changes, faults


def _add(change: Change, number: int, row: dict[str, str], input: ImportPrices, campuses: dict[str, str]) -> None:
    values = {name: row.get(name) or None for name in ("item", "name", "start")}
    values["price"] = (row.get("price") or "").removeprefix("¥").replace(",", "").strip() or None
    given = {name: value for name, value in values.items() if value is not None}
    try:
        line = pricing.ProposePrice.model_validate({"start": input.start, "why": input.why, **given})
    except ValidationError as error:
        raise from_validation(error, dict(COLUMNS)) from None
    if change.line is not None and line.start != change.line.start:
        raise BadRequest(_("all lines of an item begin on the same day"), expression="start")
    conditions = conditions_of(row, campuses)
    variant = prices.Variant(conditions, line.price)
    if conditions and any(set(held.expressions()) == set(variant.expressions()) for held in change.variants):
        raise BadRequest(_("a variant with these conditions is in the file twice"), expression="item")
    if conditions:
        change.variants.append(variant)
    elif change.line is not None:
        raise BadRequest(_("the item is in the file twice"), expression="item")
    else:
        change.line = line
    change.numbers.append(number)


async def _different(context: Context, held: list[Resource], change: Change) -> bool:
    """Whether a change differs from what would hold. Raises where it can't be proposed."""
    if change.line is None:
        raise Refused(_("the item has variants, and no line with its usual price"))
    pricing.check_start(context, held, change.line.start)
    now = pricing.present(context, held, change.line.start)
    if now is None:
        return True
    wanted = [prices.variant_group(variant) for variant in change.variants]
    present = [prices.variant_group(variant) for variant in prices.variants(now)]
    before = (prices.unit_price(now), now.get("title"), present)
    return before != (change.line.price, change.line.name, wanted)


def _confirm(
    context: Context,
    input: ImportPrices,
    wanted: dict[str, Change],
    faults: list[Alert],
    held: dict[str, list[Resource]],
) -> None:
    """Lets a file pass, or tells what it would do and what is refused."""
    if not wanted and not faults:
        raise Refused(_("Nothing in the file differs from the price list"), expression="content")
    summary = [
        ngettext("{count} price would change", "{count} prices would change", len(wanted)).format(count=len(wanted)),
        ngettext("{count} line is refused", "{count} lines are refused", len(faults)).format(count=len(faults)),
    ]
    level: Literal["warning", "block"] = "block" if faults and (input.keep == "all" or not wanted) else "warning"
    leaps = []
    for item, change in wanted.items():
        if change.line is None:
            continue
        leap = pricing.leap_of(pricing.present(context, held.get(item, []), change.line.start), change.line.price)
        leaps += [Alert("information", "leap", leap.text, "content")] if leap else []
    demand_reason([Alert(level, "import", listed(summary), "content"), *faults, *leaps], input.reason)


def _fault(number: int, text: str) -> Alert:
    return Alert("information", "line", _("Line {number}: {text}").format(number=number, text=text), element="content")


async def _propose(context: Context, held: list[Resource], change: Change, number: str) -> Resource:
    assert change.line is not None
    return await pricing.write_proposal(context, held, change.line, number, variants=change.variants)
