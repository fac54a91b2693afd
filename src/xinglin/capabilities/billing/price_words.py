"""The conditions of a price in words, as lists, files and forms show and take them."""

from collections.abc import Mapping, Sequence

from xinglin.capabilities.billing import payers, prices
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _

PHYSICAL_TYPE = "http://terminology.hl7.org/CodeSystem/location-physical-type"
COLUMNS = {
    "item": N_("Item code"),
    "name": N_("Item name"),
    "price": N_("Price"),
    "start": N_("In force from"),
    "campus": N_("Campus"),
    "payer": N_("Payer"),
    "level": N_("Doctor's title"),
    "age": N_("Younger than (years)"),
    "day": N_("Days of the week"),
}
"""The columns of the price list, in the export and in a file that is imported."""
NEEDED = ("item", "name", "price")
WEEK = {"workdays": list(prices.DAYS[:5]), "weekend": list(prices.DAYS[5:])}
DAY_NAMES = {"workdays": N_("Workdays"), "weekend": N_("Weekend")}
PAYER_NAMES = {payers.SELF: "自费", **payers.KINDS}


async def campus_names(context: Context) -> dict[str, str]:
    """The names of the campuses by reference."""
    found = await context.search("Location", [("status", "active"), ("_count", "500")])
    sites = [place for place in found.resources if build.first_code(place.get("physicalType"), PHYSICAL_TYPE) == "si"]
    return {f"Location/{place['id']}": str(place.get("name", "")) for place in sites}


def words_of(conditions: Mapping[str, Sequence[str]], campuses: Mapping[str, str]) -> dict[str, str]:
    """Conditions as people read them, by column."""
    days = [name for name, values in WEEK.items() if list(conditions.get("day", ())) == values]
    return {
        "campus": listed(campuses.get(value, value) for value in conditions.get("campus", ())),
        "payer": listed(PAYER_NAMES.get(value, value) for value in conditions.get("payer", ())),
        "level": listed(prices.LEVELS.get(value, value) for value in conditions.get("level", ())),
        "age": next(iter(conditions.get("age", ())), ""),
        "day": _(DAY_NAMES[days[0]]) if days else listed(conditions.get("day", ())),
    }


def conditions_of(row: Mapping[str, str], campuses: Mapping[str, str]) -> dict[str, list[str]]:
    """The conditions that a line of a file names, in words or codes; `campuses` are references by name.

    Raises `BadRequest` for what is not known.
    """
    known: dict[str, Mapping[str, str]] = {
        "campus": {**campuses, **{value: value for value in campuses.values()}},
        "payer": _by_name(PAYER_NAMES),
        "level": _by_name(prices.LEVELS),
        "day": {**{_(title): name for name, title in DAY_NAMES.items()}, **{name: name for name in DAY_NAMES}},
    }
    found: dict[str, list[str]] = {}
    for column, names in known.items():
        words = [word.strip() for word in (row.get(column) or "").replace("、", ",").replace("，", ",").split(",")]
        values = []
        for word in filter(None, words):
            if word not in names:
                text = _("{column}: {word} is not known; accepted are {accepted}")
                accepted = listed(names) or "—"
                raise BadRequest(
                    text.format(column=_(COLUMNS[column]), word=word, accepted=accepted), expression=column
                )
            values += WEEK[names[word]] if column == "day" else [names[word]]
        if values:
            found[column] = values
    if age := row.get("age"):
        if not age.isdecimal() or not 1 <= int(age) <= 120:
            raise BadRequest(_("The age must be a whole number from 1 to 120"), expression="age")
        found["age"] = [age]
    return found


def _by_name(names: Mapping[str, str]) -> dict[str, str]:
    return {**{title: code for code, title in names.items()}, **{code: code for code in names}}
