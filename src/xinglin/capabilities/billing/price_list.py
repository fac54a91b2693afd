"""Finding prices: the versions of an item, the one in force, and what it comes to for a visit."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from xinglin.capabilities.billing import payers, prices
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.platform.access.grants import CAMPUS
from xinglin.platform.i18n import gettext as _

AT_ONCE = 100
"""Items that one search asks for."""


def is_approved(context: Context, definition: Resource) -> bool:
    """Whether a version may ever hold; those of before there were states have none."""
    state = context.registry.tables["price"].of(definition)
    return definition["status"] in ("active", "retired") if state is None else state.code == "APPROVED"


async def versions(context: Context, items: Iterable[str]) -> dict[str, list[Resource]]:
    """All versions of items, proposed ones too, by item in the order of their first days."""
    wanted = sorted(set(items))
    found: dict[str, list[Resource]] = {}
    for at in range(0, len(wanted), AT_ONCE):
        urls = ",".join(f"{prices.URL}{item}" for item in wanted[at : at + AT_ONCE])
        query = [("url", urls), ("_sort", "_id"), ("_count", "1000")]
        while True:
            page = await context.search("ChargeItemDefinition", query)
            for definition in page.resources:
                found.setdefault(prices.code_of(definition), []).append(definition)
            if page.next is None:
                break
            query = [*query[:3], ("_cursor", page.next)]
    return {item: sorted(held, key=prices.start_of) for item, held in found.items()}


async def current(context: Context, items: Iterable[str], day: date | None = None) -> dict[str, Resource]:
    """The versions of items that are in force today, or on a day, by item; those without a price are absent."""
    on = day or context.today
    held = {
        item: prices.in_force((one for one in found if is_approved(context, one)), on)
        for item, found in (await versions(context, items)).items()
    }
    return {item: definition for item, definition in held.items() if definition is not None}


async def circumstances(context: Context, encounter: Resource) -> prices.Circumstances:
    """What the price of a service in a visit may depend on."""
    places = [entry.get("location", {}).get("reference", "") for entry in encounter.get("location") or ()]
    tags = (encounter.get("meta") or {}).get("tag") or ()
    places += [f"Location/{tag['code']}" for tag in tags if tag.get("system") == CAMPUS]
    patient = encounter["subject"]["reference"]
    doctor = next(
        (entry["individual"]["reference"] for entry in encounter.get("participant") or () if "individual" in entry),
        None,
    )
    held = await context.read_many([patient, doctor])
    return prices.Circumstances(
        campuses=frozenset(places),
        payer=await payers.kind_of(context, f"Encounter/{encounter['id']}"),
        level=level_of(held.get(doctor or "")),
        age=build.age_in_years((held.get(patient) or {}).get("birthDate"), context.today),
        day=prices.DAYS[context.today.weekday()],
    )


def level_of(practitioner: Resource | None) -> str | None:
    """The professional title of a doctor, as a code; None where no qualification tells one."""
    titles = {build.concept_text(entry.get("code")) for entry in (practitioner or {}).get("qualification") or ()}
    return next((code for code, title in prices.LEVELS.items() if title in titles), None)


async def price_for(context: Context, definition: Resource, encounter: Resource) -> Decimal:
    """What one unit costs in a visit. Refused where a condition of the price is not understood."""
    if len(definition["propertyGroup"]) == 1:
        return prices.unit_price(definition)
    try:
        return prices.price_for(definition, await circumstances(context, encounter))
    except prices.UnknownConditionError as error:
        raise Refused(
            _("{item}: the price has a condition that is not understood: {condition}").format(
                item=definition.get("title", ""), condition=error
            )
        ) from error
