"""Whether a visit can be signed: what is missing, by how much it matters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xinglin.capabilities.outpatient import visits
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.basket import BasketSection
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert
from xinglin.platform.i18n import gettext as _
from xinglin.platform.i18n import ngettext

Basket = Iterable[tuple[BasketSection, Sequence[Any]]]


@dataclass(frozen=True)
class Held:
    """What a visit holds: the fields of its record, its diagnoses, the lines of its basket, how many vital signs."""

    note: Mapping[str, str]
    diagnoses: Sequence[Resource]
    basket: Basket
    vitals: int


def completeness(held: Held) -> list[Alert]:
    """What is missing: `block` what a record can't be signed without (WS 445), `warning` what asks for a reason,
    `information` what is usual and may be left out. The worst first."""
    return [*_must(held), *_returned(held), *_usual(held)]


def _must(held: Held) -> list[Alert]:
    found = []
    if not held.note["chief_complaint"]:
        found.append(Alert("block", "missing", _("The chief complaint is missing"), "chief_complaint"))
    if not held.note["present_illness"]:
        found.append(Alert("block", "missing", _("The history of present illness is missing"), "present_illness"))
    if not held.diagnoses:
        found.append(Alert("block", "missing", _("A diagnosis is missing"), "diagnosis"))
    return found


def _returned(held: Held) -> list[Alert]:
    return [
        Alert(
            "warning", "returned", _("{order} was returned: {reason}").format(order=row.headline, reason=row.returned)
        )
        for _section, rows in held.basket
        for row in rows
        if row.state == "REJECTED"
    ]


def _usual(held: Held) -> list[Alert]:
    found = []
    if not held.note["examination"]:
        found.append(_left_out(_("No physical examination is written"), "examination"))
    if not held.note["plan"]:
        found.append(_left_out(_("No plan is written"), "plan"))
    if not held.vitals:
        found.append(_left_out(_("No vital signs were taken in this visit"), "vitals"))
    if held.diagnoses and build.first_code(held.diagnoses[0].get("verificationStatus")) == "provisional":
        found.append(_left_out(_("The main diagnosis is provisional"), "diagnosis"))
    drafts = sum(row.state == "DRAFT" for _section, rows in held.basket for row in rows)
    if drafts:
        text = ngettext(
            "{count} order is issued and signed with the record",
            "{count} orders are issued and signed with the record",
            drafts,
        )
        found.append(_left_out(text.format(count=drafts), "orders"))
    return found


def _left_out(text: str, element: str) -> Alert:
    return Alert("information", "usual", text, element)


async def checked(
    context: Context, encounter: Resource, note: Mapping[str, str], basket: Basket | None = None
) -> list[Alert]:
    """What is missing in a visit; the lines of its basket are read where they are not given."""
    visit = reference(encounter)
    if basket is None:
        basket = [(section, await _lines(context, section, visit)) for section in context.registry.baskets.values()]
    query = [("encounter", visit), ("category", "vital-signs"), ("_count", "1")]
    vitals = len((await context.search("Observation", query)).resources)
    return completeness(Held(note, await visits.diagnoses(context, encounter), list(basket), vitals))


async def _lines(context: Context, section: BasketSection, visit: str) -> Sequence[Any]:
    lines = context.registry.views[section.lines]
    rows: Sequence[Any] = (await lines.run(context, lines.filter.model_validate({"visit": visit, "limit": 200}))).rows
    return rows
