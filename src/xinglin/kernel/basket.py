"""The doctor's basket of orders: each capability that takes orders gives it a section."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xinglin.fhir.types import Resource
from xinglin.kernel.errors import Refused
from xinglin.kernel.view import Row
from xinglin.platform.i18n import gettext as _

if TYPE_CHECKING:
    from xinglin.kernel.context import Context


LINE_FIELDS = ("headline", "instruction", "price", "state", "alerts", "returned")
"""What a row of a section's lines tells, as a field or a property: what was ordered and how, in a line each; the
amount at the price of now or None; its state in the section's table; warnings that the doctor accepted, each
`code: text; reason`; why it came back, or blank.

A row may also tell `again`: the input of the first of the section's `add` commands that orders the same once more,
without the visit; order sets are made of it."""


@dataclass(frozen=True)
class BasketSection:
    """One kind of order that the doctor gives in a visit, such as medicines or laboratory tests.

    `lines` names a view whose filter takes a `visit` and whose rows tell `LINE_FIELDS`, with their row actions;
    `add` the commands whose forms add a line (their input has a `visit`); `issue` a command (input: `visit`) that
    turns the drafts of the visit into orders and returns them as `issued` makes it; `table` the state table of the
    lines; `key` the key that leads to its form; `void` states of lines that cost nothing any more; `repeat` a command
    (input: `visit`, `line` of an earlier visit of the patient, `reason`) that orders the same again with all checks;
    `always` the row actions that are offered after the consultation too.
    """

    name: str
    title: str
    lines: str
    add: tuple[str, ...]
    issue: str
    table: str
    key: str
    icon: str
    empty: str
    hint: str = ""
    void: frozenset[str] = frozenset()
    always: frozenset[str] = frozenset()
    repeat: str | None = None
    order: int = 100


def faults(section: BasketSection, commands: dict[str, Any], views: dict[str, Any], tables: dict[str, Any]) -> str:
    """What a section names and nobody offers, or what does not have the shape that a section needs; blank if sound."""
    for name in (*section.add, section.issue, *([section.repeat] if section.repeat else [])):
        if name not in commands:
            return f"names command {name}, which nobody offers"
        if "visit" not in commands[name].input.model_fields:
            return f"names command {name}, whose input has no visit"
    if section.lines not in views:
        return f"names view {section.lines}, which nobody offers"
    if "visit" not in views[section.lines].filter.model_fields:
        return f"names view {section.lines}, whose filter has no visit"
    if missing := [name for name in LINE_FIELDS if not _has(views[section.lines].row, name)]:
        return f"names view {section.lines}, whose rows have no {', '.join(missing)}"
    if section.table not in tables:
        return f"names state table {section.table}, which nobody offers"
    return ""


def _has(row: type[Row], name: str) -> bool:
    return name in row.model_fields or hasattr(row, name)


def issued(resources: Iterable[Resource]) -> Resource:
    """What an `issue` command returns: a Bundle of the orders that it issued."""
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


async def issue_all(context: "Context", visit: str) -> list[Resource]:
    """Issues the drafts of every section of a visit, in the order of the sections, and returns the orders."""
    orders: list[Resource] = []
    for section in context.registry.baskets.values():
        answer = await context.call(section.issue, visit=visit)
        if answer["resourceType"] == "Bundle":
            orders += [entry["resource"] for entry in answer.get("entry") or ()]
    return orders


async def ordering_visit(context: "Context", visit: str, otherwise: str) -> Resource:
    """The visit that something is ordered for, locked, if the signed-in doctor attends it and it is in consultation.

    Raises:
        Refused: it is in another state, with the text `otherwise`, or it is another doctor's.
    """
    encounter = await context.read(visit, lock=True)
    state = context.registry.tables["visit"].of(encounter)
    if state is None or state.code != "IN_CONSULT":
        raise Refused(otherwise)
    attenders = {entry.get("individual", {}).get("reference") for entry in encounter.get("participant") or ()}
    if context.actor.practitioner not in attenders:
        raise Refused(_("This visit belongs to another doctor"))
    return encounter
