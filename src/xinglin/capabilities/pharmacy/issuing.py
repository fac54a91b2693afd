"""From drafts to prescriptions: split by kind, at most five medicines each, numbered, valid for three days."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from pydantic import Field

from xinglin.capabilities.pharmacy import resources
from xinglin.capabilities.pharmacy.checks import read_known
from xinglin.capabilities.pharmacy.commands import drafts, open_visit
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.basket import issued
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

MOST_MEDICINES = 5
"""Medicines of a western prescription (Measures for the Administration of Prescriptions, article 6)."""

VALID_DAYS = 3
"""Days for which a prescription can be fetched (article 18)."""


class IssueDrafts(Input):
    """The visit whose drafts become prescriptions."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/")


@command(
    "pharmacy.issue",
    title=N_("Issue prescription"),
    permission="pharmacy.prescribe",
    done=N_("Prescription issued"),
)
async def issue(context: Context, input: IssueDrafts) -> Resource:
    """Issues all drafts of a visit as prescriptions, each under its number; without drafts it does nothing.

    Herbs, narcotics and psychotropics get prescriptions of their own, and a western one holds at most five medicines;
    what is infused together stays together. Refused where an infusion lacks its solvent. Gives what was issued.
    """
    await open_visit(context, input.visit)
    held = await drafts(context, input.visit)
    if not held:
        return operation_outcome([Issue("information", "informational", _("There is no draft"))])
    known = await read_known(context, map(resources.drug_code, held))
    solvents = {code for code, (medicine, _knowledge) in known.items() if medicine.kind == "solvent"}
    _refuse_incomplete(held, solvents)
    written = []
    for lines in split(held, solvents):
        written += await _number(context, lines)
    return issued(written)


async def _number(context: Context, lines: list[Resource]) -> list[Resource]:
    day = context.today.strftime("%y%m%d")
    number = f"RX{day}{await next_number(context.connection, f'prescription-{day}'):04d}"
    group = build.identifier(resources.PRESCRIPTION_NUMBER, number)
    last = datetime.combine(context.today + timedelta(days=VALID_DAYS - 1), time(23, 59, 59), context.zone)
    written = []
    for draft in lines:
        line = context.moved("prescription", draft)
        line["groupIdentifier"] = group
        line["identifier"] = [*(draft.get("identifier") or ()), group]
        line["authoredOn"] = build.instant(context.now)
        period = {"start": build.instant(context.now), "end": build.instant(last)}
        line["dispenseRequest"] = {**line["dispenseRequest"], "validityPeriod": period}
        written.append(await context.update(line))
    return written


def _refuse_incomplete(lines: Iterable[Resource], solvents: set[str]) -> None:
    """Refuses groups that can't be infused: without a solvent, or with nothing in it."""
    groups: dict[int, list[str]] = {}
    for line in lines:
        group = resources.number_of(line, resources.INFUSION_GROUP)
        if group is not None:
            groups.setdefault(group, []).append(resources.drug_code(line))
    for group, codes in sorted(groups.items()):
        count = sum(code in solvents for code in codes)
        if count != 1 or len(codes) < 2:
            raise Refused(
                _("Group {group} needs one solvent and a medicine; it has {count} and {others}").format(
                    group=group, count=count, others=len(codes) - count
                )
            )


def split(lines: Iterable[Resource], solvents: set[str]) -> list[list[Resource]]:
    """Lines as prescriptions: by kind, herbs by formula, western ones in parts of at most five medicines.

    Solvents don't count; a group of an infusion is never torn apart, so one that alone holds more stays whole.
    """
    sheets: dict[tuple[str, int | None], list[list[Resource]]] = {}
    for line in lines:
        kind = resources.kind_of(line)
        formula = resources.number_of(line, resources.FORMULA)
        group = resources.number_of(line, resources.INFUSION_GROUP)
        units = sheets.setdefault((kind, formula), [])
        together = next(
            (
                unit
                for unit in units
                if group is not None and group == resources.number_of(unit[0], resources.INFUSION_GROUP)
            ),
            None,
        )
        if together is None:
            units.append([line])
        else:
            together.append(line)
    return [sheet for (kind, _formula), units in sheets.items() for sheet in _filled(kind, units, solvents)]


def _filled(kind: str, units: list[list[Resource]], solvents: set[str]) -> list[list[Resource]]:
    if kind == "herbal":
        return [[line for unit in units for line in unit]]
    sheets: list[list[Resource]] = []
    for unit in units:
        size = _medicines(unit, solvents)
        if sheets and _medicines(sheets[-1], solvents) + size <= MOST_MEDICINES:
            sheets[-1].extend(unit)
        else:
            sheets.append(list(unit))
    return sheets


def _medicines(lines: Iterable[Resource], solvents: set[str]) -> int:
    return sum(resources.drug_code(line) not in solvents for line in lines)
