"""Finding a test's specimen, and a specimen's tests."""

from collections.abc import Iterable

from xinglin.capabilities.laboratory.resources import ACCESSION
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.platform.i18n import gettext as _


async def by_accession(context: Context, number: str) -> Resource:
    """The specimen that bears this number. Raises `NotFound` where none does."""
    found = await context.search("Specimen", [("identifier", f"{ACCESSION}|{number.strip()}"), ("_count", "1")])
    if not found.resources:
        raise NotFound(_("There is no specimen {number}").format(number=number), expression="accession")
    return found.resources[0]


async def locked(context: Context, specimen: Resource) -> tuple[Resource, list[Resource]]:
    """A specimen and the tests that it is for, locked behind their visit."""
    names = requests_of(specimen)
    first = await context.read(names[0])
    # Whoever changes what belongs to a visit holds the visit first, so that cashier and laboratory don't meet.
    await context.read(first["encounter"]["reference"], lock=True)
    held = await context.read(f"Specimen/{specimen['id']}", lock=True)
    return held, [await context.read(name, lock=True) for name in sorted(names)]


def requests_of(specimen: Resource) -> list[str]:
    """References of the tests that a specimen is for."""
    return [each["reference"] for each in specimen.get("request") or ()]


def specimen_of(request: Resource) -> str | None:
    """Reference of the specimen that a test is made from now."""
    named = request.get("specimen") or ()
    return str(named[-1]["reference"]) if named else None


async def of_requests(context: Context, requests: Iterable[Resource]) -> dict[str, Resource]:
    """Specimens of tests by reference."""
    return await context.read_many(specimen_of(request) for request in requests)


def in_state(context: Context, requests: Iterable[Resource], *states: str) -> list[Resource]:
    """Those tests that are in one of these states."""
    table = context.registry.tables["test"]
    return [each for each in requests if (state := table.of(each)) and state.code in states]
