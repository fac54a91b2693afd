"""Triage levels, and which one vital signs propose.

Four levels, as the national guidance on grading emergency patients has them. The limits are the objective criteria of
the Chinese expert consensus on emergency triage (2018), for adults: from the age of 14 on. Below it normal values
depend on the age, so nothing is proposed and the nurse decides. A proposal is never lower than what is measured; the
nurse may choose another level, with a reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

Level = Literal["I", "II", "III", "IV"]
Consciousness = Literal["alert", "verbal", "pain", "unresponsive"]

ADULT = 14
"""Years from which the limits hold."""


@dataclass(frozen=True)
class Degree:
    """A level: its title, the priority of the place in the queue, and minutes in which a doctor should be there (None:
    no limit)."""

    title: str
    display: str
    priority: str
    minutes: int | None


LEVELS: dict[Level, Degree] = {
    "I": Degree(N_("I: critical"), "I 级 濒危", "stat", 0),
    "II": Degree(N_("II: severe"), "II 级 危重", "asap", 10),
    "III": Degree(N_("III: urgent"), "III 级 急症", "urgent", 30),
    "IV": Degree(N_("IV: not urgent"), "IV 级 非急症", "routine", None),
}
ORDER: tuple[Level, ...] = ("I", "II", "III", "IV")

CONSCIOUSNESS: dict[Consciousness, str] = {
    "alert": N_("Alert"),
    "verbal": N_("Confused, reacts to voice"),
    "pain": N_("Reacts to pain only"),
    "unresponsive": N_("Unresponsive"),
}


@dataclass(frozen=True)
class Signs:
    """What is measured: mmHg, beats a minute, °C, %, pain from 0 to 10; None where it was not."""

    systolic: int | None = None
    pulse: int | None = None
    temperature: Decimal | None = None
    saturation: int | None = None
    pain: int | None = None
    consciousness: Consciousness | None = None


@dataclass(frozen=True)
class Finding:
    """A sign that asks for a level, in words."""

    level: Level
    text: str


def findings(signs: Signs) -> list[Finding]:
    """What of the signs of an adult asks for more than level IV, the gravest first."""
    found = [*_circulation(signs), *_breathing(signs), *_mind(signs)]
    return sorted(found, key=lambda finding: ORDER.index(finding.level))


def proposal(signs: Signs, age: int | None) -> Level | None:
    """The level that signs propose; None for children, and where nothing was measured."""
    if age is None or age < ADULT or signs == Signs():
        return None
    return next((finding.level for finding in findings(signs)), "IV")


def _circulation(signs: Signs) -> Iterator[Finding]:
    pulse, systolic = signs.pulse, signs.systolic
    if pulse is not None:
        level = _within(pulse, (("I", 180, 40), ("II", 150, 50), ("III", 100, 55)))
        if level:
            yield Finding(level, _("pulse {value}/min").format(value=pulse))
    if systolic is not None:
        grave: Level | None = "I" if systolic < 70 else "II" if systolic < 80 or systolic > 200 else None
        level = grave or ("III" if systolic < 90 or systolic > 180 else None)
        if level:
            yield Finding(level, _("systolic pressure {value} mmHg").format(value=systolic))


def _within(value: int, limits: tuple[tuple[Level, int, int], ...]) -> Level | None:
    """The gravest level above or below whose limits a value lies."""
    return next((level for level, above, below in limits if value > above or value < below), None)


def _breathing(signs: Signs) -> Iterator[Finding]:
    saturation, temperature = signs.saturation, signs.temperature
    if saturation is not None and saturation < 95:
        level: Level = "I" if saturation < 80 else "II" if saturation < 90 else "III"
        yield Finding(level, _("oxygen saturation {value}%").format(value=saturation))
    if temperature is not None and temperature > 41:
        yield Finding("I", _("temperature {value} °C").format(value=temperature))


def _mind(signs: Signs) -> Iterator[Finding]:
    grave: dict[Consciousness, Level] = {"unresponsive": "I", "pain": "I", "verbal": "II"}
    if signs.consciousness in grave:
        yield Finding(grave[signs.consciousness], _(CONSCIOUSNESS[signs.consciousness]))
    if signs.pain is not None and signs.pain >= 4:
        yield Finding("II" if signs.pain >= 7 else "III", _("pain {value} of 10").format(value=signs.pain))
