"""Formulas of Chinese herbs: written as doctors write them, checked for antagonisms, pregnancy and doses."""

import re
from dataclasses import dataclass
from decimal import Decimal

from pydantic import Field, field_validator

from xinglin.capabilities.pharmacy import resources
from xinglin.capabilities.pharmacy.checks import open_case, read_known
from xinglin.capabilities.pharmacy.commands import drafts, one_of, open_visit, write_line
from xinglin.capabilities.pharmacy.formulary import FORMULARY, Medicine
from xinglin.capabilities.pharmacy.frequency import DECOCTIONS, FREQUENCIES
from xinglin.capabilities.pharmacy.knowledge import Knowledge
from xinglin.capabilities.pharmacy.rules import Running
from xinglin.capabilities.pharmacy.tables_herbs import HANDLINGS
from xinglin.fhir.types import Resource
from xinglin.kernel.basket import issued
from xinglin.kernel.command import MULTILINE, Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Alert, Refused, demand_reason
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _
from xinglin.terminology import catalogue

SEPARATORS = re.compile(r"[\s,，;；、]+")
WORD = re.compile(
    r"(?P<name>[^\d()（）]+?(?:（制）)?)(?P<grams>\d+(?:\.\d{1,2})?)(?:g|克)?[(（]?(?P<handling>[^\d()（）]{2})?[)）]?"
)
MOST_HERBS = 40


@dataclass(frozen=True)
class Herb:
    """A herb as it was typed: its name, pinyin or code, g in each dose, and how it is decocted."""

    name: str
    grams: Decimal
    handling: str | None


def read_herbs(text: str) -> list[Herb]:
    """Herbs as doctors type them: `黄芪30 当归10 附子9先煎` or `hq 30, dg 10, fz 9(先煎)`.

    Raises:
        ValueError: a part can't be read; the message names it and says how to write it.
    """
    joined = re.sub(r"(?<=[^\d\s,，;；、])[ \t]+(?=\d)", "", text.strip())
    joined = re.sub(r"(?<=\d)[ \t]*(?:g|克)?[ \t]*(?=[(（]|先煎|后下|包煎|另煎|烊化|冲服|捣碎)", "", joined)
    found = []
    for part in filter(None, SEPARATORS.split(joined)):
        match = WORD.fullmatch(part)
        handling = match["handling"] if match else None
        if match is None or Decimal(match["grams"]) <= 0 or (handling and handling not in HANDLINGS):
            raise ValueError(
                _("“{part}” can't be read; write name and grams, such as 附子9先煎. Handling: {handlings}").format(
                    part=part, handlings=listed(HANDLINGS)
                )
            )
        found.append(Herb(match["name"].strip(), Decimal(match["grams"]), handling))
    if not found:
        raise ValueError(_("Enter at least one herb"))
    if len(found) > MOST_HERBS:
        raise ValueError(_("At most {limit} herbs").format(limit=MOST_HERBS))
    return found


class PrescribeHerbs(Input):
    """A formula: its herbs with g in each dose, how many doses, and how they are prepared."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
    herbs: str = Field(
        title=N_("Herbs, g in each dose"),
        max_length=2000,
        json_schema_extra={
            **MULTILINE,
            "hint": N_("Name, pinyin initials or code, then grams: 黄芪30 当归10 附子9先煎"),
        },
    )
    doses: int = Field(7, title=N_("Doses"), ge=1, le=30)
    decoction: str = Field("decoction", title=N_("Preparation"), json_schema_extra=select(DECOCTIONS.items()))
    usage: str | None = Field("每日 1 剂，分 2 次温服", title=N_("How to take it"), max_length=100)
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )

    @field_validator("herbs")
    @classmethod
    def _readable(cls, value: str) -> str:
        read_herbs(value)
        return value

    @field_validator("decoction")
    @classmethod
    def _decoction(cls, value: str) -> str:
        return one_of(value, dict(DECOCTIONS))


@command(
    "pharmacy.prescribe_herbs",
    title=N_("Add formula of herbs"),
    permission="pharmacy.prescribe",
    done=N_("Formula added"),
    tone="primary",
)
async def prescribe_herbs(context: Context, input: PrescribeHerbs) -> Resource:
    """Adds a formula of herbs to the visit's draft: all of them, or none.

    Each herb is checked for its dose, pregnancy, allergies and the eighteen antagonisms and nineteen fears; these ask
    for a reason, and a second pharmacist will look at them.
    """
    encounter = await open_visit(context, input.visit)
    held = await drafts(context, input.visit)
    numbers = [resources.number_of(line, resources.FORMULA) or 0 for line in held]
    case = await open_case(context, encounter)
    # What is in another formula of the visit is a duplicate; a herb may stand there once more with its own dose.
    case.running = [each for each in case.running if not (each.here and each.medicine.kind == "herbal")]
    entered: list[tuple[Medicine, Knowledge, resources.Dosage, list[Alert]]] = []
    for herb, medicine, knowledge in await _resolve(context, read_herbs(input.herbs)):
        dosage = resources.Dosage(
            herb.grams,
            FREQUENCIES["qd"],
            input.doses,
            "topical" if input.decoction == "wash" else "oral",
            formula=max(numbers, default=0) + 1,
            decoction=input.decoction,
            handling=herb.handling or knowledge.handling,
            usage=input.usage,
        )
        entered.append((medicine, knowledge, dosage, case.check(medicine, knowledge, dosage)))
        case.running.append(Running(medicine, knowledge, f"Medication/{medicine.code}"))
    demand_reason([alert for *_herb, alerts in entered for alert in alerts], input.reason)
    written = [
        await write_line(context, encounter, medicine, knowledge, dosage, tuple(alerts), input.reason)
        for medicine, knowledge, dosage, alerts in entered
    ]
    return issued(written)


async def _resolve(context: Context, herbs: list[Herb]) -> list[tuple[Herb, Medicine, Knowledge]]:
    """The herbs of the formulary that were meant.

    Raises:
        Refused: there is none, or there are several; the message names them.
    """
    listing = await catalogue(context.repository, FORMULARY)
    found = {herb.name: [concept.code for concept in await listing.find(herb.name, 20)] for herb in herbs}
    known = await read_known(context, (code for codes in found.values() for code in codes))
    resolved = []
    for herb in herbs:
        fitting = [known[code] for code in found[herb.name] if code in known and known[code][0].kind == "herbal"]
        exact = [each for each in fitting if herb.name in (each[0].name, each[0].code)]
        chosen = exact or fitting
        if len(chosen) != 1:
            names = listed(medicine.name for medicine, _knowledge in chosen)
            text = (
                _("“{name}” may be: {names}; write one of them").format(name=herb.name, names=names)
                if chosen
                else _("The formulary holds no herb “{name}”").format(name=herb.name)
            )
            raise Refused(text, expression="herbs")
        resolved.append((herb, *chosen[0]))
    return resolved
