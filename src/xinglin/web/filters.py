"""Filters of the templates: values of FHIR and of views as people read them."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from textwrap import wrap
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from xinglin.capabilities.patients.views import record_number
from xinglin.fhir import build
from xinglin.kernel.roles import role_name
from xinglin.kernel.text import N_
from xinglin.platform.barcodes import code128
from xinglin.platform.i18n import gettext as _
from xinglin.platform.i18n import ngettext
from xinglin.platform.identity.factors import readable
from xinglin.web import words

WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
SESSIONS = ((N_("Morning"), "12:00"), (N_("Afternoon"), "18:00"), (N_("Evening"), "24:00"))
"""Parts of the day and the time at which each ends."""
NEWBORN_DAYS, INFANT_MONTHS = 28, 24
"""Below these, an age is told in days, and in months."""
LARGEST_AMOUNT = Decimal("1e15")
"""From here on an amount is not written out: a few characters may stand for millions of digits."""


def money(value: Any) -> str:
    """An amount of renminbi with two decimal places; what is none, as somebody may have typed it, stands as it is."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not amount.is_finite() or not -LARGEST_AMOUNT < amount < LARGEST_AMOUNT:
        return str(value)
    return f"{'−' if amount < 0 else ''}¥ {abs(amount):,.2f}"


def initial(name: str | None) -> str:
    """What stands in a person's circle: the surname of a Chinese name, else the first letter."""
    return (name or "").strip()[:1].upper() or "?"


def digits(text: str) -> bool:
    """Tells whether somebody has typed a number rather than a name."""
    return any(character.isdigit() for character in text)


def age(years: int) -> str:
    """An age in years."""
    return ngettext("{years} year", "{years} years", years).format(years=years)


def age_at(birth: str, today: date) -> int:
    """Completed years on `today`."""
    return build.age_in_years(birth, today) or 0


def lived(birth: str, today: date) -> str:
    """An age as it is said: days in the first four weeks, months in the first two years, then years."""
    if len(birth) == len("1968-03-12"):
        born = date.fromisoformat(birth)
        days = (today - born).days
        months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
        if 0 <= days < NEWBORN_DAYS:
            return ngettext("{days} day", "{days} days", days).format(days=days)
        if months < INFANT_MONTHS:
            return ngettext("{months} month", "{months} months", months).format(months=months)
    return age(age_at(birth, today))


def day_name(day: date, today: date) -> str:
    """A day near today as people at a window say it."""
    ahead = (day - today).days
    if ahead in (0, 1):
        return _("Today") if ahead == 0 else _("Tomorrow")
    return f"{_(WEEKDAYS[day.weekday()])} {day:%m-%d}"


def moment(instant: str, zone: ZoneInfo) -> str:
    """A FHIR dateTime in the hospital's zone, to the minute; partial dates stay as they are."""
    if "T" not in instant:
        return instant
    return datetime.fromisoformat(instant).astimezone(zone).strftime("%Y-%m-%d %H:%M")


def sessions(rows: Iterable[Any]) -> list[tuple[str, list[Any]]]:
    """Rows with a `time` by the part of the day that they fall into; empty parts are absent."""
    parts: dict[str, list[Any]] = {}
    for row in rows:
        title = next(title for title, end in SESSIONS if row.time < end)
        parts.setdefault(title, []).append(row)
    return [(_(title), held) for title, held in parts.items()]


def concept(value: Mapping[str, Any] | None) -> str:
    """What a person reads of a CodeableConcept."""
    return build.concept_text(dict(value) if value else None)


def code(value: Mapping[str, Any] | None) -> str:
    """The first code of a CodeableConcept."""
    return build.first_code(dict(value) if value else None) or ""


def medicine(request: Mapping[str, Any]) -> str:
    """The medicine of a MedicationRequest, by code or by reference."""
    named = concept(request.get("medicationCodeableConcept"))
    return named or str((request.get("medicationReference") or {}).get("display", "")) or _("unknown")


def dosage(request: Mapping[str, Any]) -> str:
    """The instruction of a MedicationRequest: its text, else what its Timing says."""
    for instruction in request.get("dosageInstruction") or ():
        if instruction.get("text"):
            return str(instruction["text"])
        repeat = (instruction.get("timing") or {}).get("repeat") or {}
        if "frequency" in repeat and "period" in repeat:
            return _("{times} × every {period} {unit}").format(
                times=repeat["frequency"], period=repeat["period"], unit=repeat.get("periodUnit", "")
            )
        if instruction.get("asNeededBoolean"):
            return _("when needed")
    return ""


def encounter_title(encounter: Mapping[str, Any]) -> str:
    """What a visit was: its service, else its type, else its class."""
    kinds = encounter.get("type") or [None]
    return concept(encounter.get("serviceType")) or concept(kinds[0]) or words.word(_class(encounter))


def encounter_text(encounter: Mapping[str, Any]) -> str:
    """What a visit was about: its diagnoses or reasons, and where it took place."""
    named = [
        str(item["condition"]["display"]) for item in encounter.get("diagnosis") or () if "display" in item["condition"]
    ]
    reasons = [concept(item) for item in encounter.get("reasonCode") or ()]
    place = str((encounter.get("serviceProvider") or {}).get("display", ""))
    about = "、".join(named or reasons)
    return " · ".join(part for part in (words.word(_class(encounter)), about, place) if part)


def _class(encounter: Mapping[str, Any]) -> str:
    return str((encounter.get("class") or {}).get("code", ""))


ARROWS = {"H": "↑", "HH": "↑↑", "L": "↓", "LL": "↓↓", "A": "*", "AA": "**"}


def arrow(flag: str) -> str:
    """The mark of an interpretation (v3-ObservationInterpretation); nothing for a normal one."""
    return ARROWS.get(flag, "")


def flag_tone(flag: str) -> str:
    """The class of a result by its interpretation: high, low, or none."""
    return "low" if flag in ("L", "LL") else "high" if flag in ARROWS else ""


def filters(zone: ZoneInfo) -> dict[str, Any]:
    """All filters by the name that templates use; times are shown in `zone`."""
    return {
        "age": age,
        "age_at": age_at,
        "arrow": arrow,
        "barcode": lambda text: Markup(code128(text)),  # noqa: S704  (digits as a path)
        "base32": lambda secret: " ".join(wrap(readable(secret), 4)),
        "clock": lambda now: now.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        "code": code,
        "concept": concept,
        "day_name": day_name,
        "digits": digits,
        "dosage": dosage,
        "encounter_text": encounter_text,
        "encounter_title": encounter_title,
        "flag_tone": flag_tone,
        "initial": initial,
        "lived": lived,
        "medicine": medicine,
        "moment": lambda instant: moment(str(instant), zone),
        "money": money,
        "person": build.person_name,
        "record_number": lambda patient: record_number(dict(patient)),
        "role": role_name,
        "sessions": sessions,
        "tone": words.tone,
        "word": words.word,
    }
