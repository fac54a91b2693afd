"""The list of pairs of records that may be one person: what puts a pair on it, and who decides what."""

from decimal import Decimal

from pydantic import Field

from xinglin.capabilities.patients.matching import LIKELY, Match, person, weigh
from xinglin.capabilities.patients.matching.candidates import candidates
from xinglin.capabilities.patients.resources import author
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

CODE = "urn:xinglin:code:patient-index"
PAIR_CODE, SCAN_CODE = "possible-duplicate", "comparison"
PAIR = "urn:xinglin:id:patient-pair"
CHANCE, REASON, SURVIVOR = "chance", "reason", "survivor"
"""What the inputs of a pair's Task hold."""

BATCH = "100"
"""Records that are compared in one transaction."""


def pair_number(one: str, other: str) -> str:
    """By which the one Task of two Patients is found, whichever is named first."""
    return "+".join(sorted(each.partition("/")[2] for each in (one, other)))


async def held_pair(context: Context, one: str, other: str) -> Resource | None:
    """The Task of two Patients, None where they were never on the list."""
    found = await context.search("Task", [("identifier", f"{PAIR}|{pair_number(one, other)}"), ("_count", "1")])
    return found.resources[0] if found.resources else None


def pair_task(context: Context, one: Resource, other: Resource, match: Match) -> Resource:
    """A Task for two Patients; `focus` is the older record, `for` the younger one."""
    older, younger = sorted((one, other), key=lambda each: str(each["id"]))
    reasons = [{"type": {"text": REASON}, "valueString": each} for each in match.reasons]
    chance = Decimal(str(round(match.chance, 4)))
    return {
        "resourceType": "Task",
        "identifier": [build.identifier(PAIR, pair_number(reference(one), reference(other)))],
        "intent": "proposal",
        "code": build.concept(CODE, PAIR_CODE),
        "focus": build.reference(reference(older), build.person_name(older)),
        "for": build.reference(reference(younger), build.person_name(younger)),
        "authoredOn": build.instant(context.now),
        "input": [{"type": {"text": CHANCE}, "valueDecimal": chance}, *reasons],
    }


async def look_for(context: Context, patient: Resource) -> int:
    """Puts all likely pairs of one Patient on the list that were never on it, and tells how many."""
    if build.replaced_by(patient):
        return 0
    count = 0
    for other, match in await candidates(context, person(patient), LIKELY):
        number = pair_number(reference(patient), reference(other))
        # Two registrations of one person may be looked at at the same time.
        await context.lock(f"patients.pair:{number}")
        if await held_pair(context, reference(patient), reference(other)) is None:
            await context.create(context.moved("duplicate", pair_task(context, patient, other, match)))
            count += 1
    return count


class ComparePatients(Input):
    """Two records that somebody takes for one person."""

    patient: str = Field(title=N_("Patient"), pattern=r"^Patient/", json_schema_extra={"widget": "hidden"})
    other: str = Field(
        title=N_("Other record"),
        pattern=r"^Patient/",
        json_schema_extra={"widget": "search", "source": "patients.find"},
    )


@command("patients.compare", title=N_("Report duplicate"), permission="patients.write", done=N_("On the list"))
async def compare(context: Context, input: ComparePatients) -> Resource:
    """Puts two records on the list of possible duplicates, for the medical records office to decide."""
    if input.patient == input.other:
        raise Refused(_("These are one record already"), expression="other")
    one, other = await context.read(input.patient), await context.read(input.other)
    for each in (one, other):
        if build.replaced_by(each):
            raise Refused(_("One of the records is merged already; open the one that is left"), expression="other")
    await context.lock(f"patients.pair:{pair_number(input.patient, input.other)}")
    held = await held_pair(context, input.patient, input.other)
    if held is not None:
        return await context.move("duplicate", held)
    task = pair_task(context, one, other, weigh(person(one), person(other)))
    return await context.create(context.moved("duplicate", {**task, **requested_by(context)}))


def is_own(resource: Resource) -> bool:
    """Tells whether a resource is a Task of this list: it speaks of two records, not of a patient."""
    return resource["resourceType"] == "Task" and bool(build.first_code(resource.get("code"), CODE))


def requested_by(context: Context) -> Resource:
    """Who asks, as an element of a Task; none where an account names nobody."""
    who = author(context)
    return {"requester": who} if who else {}


class OnePair(Input):
    """A pair on the list."""

    pair: str = Field(title=N_("Pair"), pattern=r"^Task/", json_schema_extra={"widget": "hidden"})


class Decided(OnePair):
    """What somebody decided about a pair, and why."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=300, json_schema_extra=MULTILINE)


@command("patients.keep_apart", title=N_("Two people"), permission="patients.merge", done=N_("Kept apart"))
async def keep_apart(context: Context, input: Decided) -> Resource:
    """Decides that two records are of two people; they are not put on the list again by themselves."""
    task = await read_pair(context, input.pair)
    return await context.move("duplicate", noted(context, task, input.reason))


@command("patients.decide_later", title=N_("Decide later"), permission="patients.merge", done=N_("Put back"))
async def decide_later(context: Context, input: OnePair) -> Resource:
    """Puts a pair back, behind those that nobody has looked at."""
    return await context.move("duplicate", await read_pair(context, input.pair))


async def read_pair(context: Context, pair: str) -> Resource:
    """The Task of a pair, locked. Raises `Refused` for another Task."""
    task = await context.read(pair, lock=True)
    if build.first_code(task.get("code"), CODE) != PAIR_CODE:
        raise Refused(_("This is no pair of records"), expression="pair")
    return task


def noted(context: Context, task: Resource, text: str) -> Resource:
    """A Task with a note more: what was said, by whom and when."""
    note = {"authorString": context.actor.name, "time": build.instant(context.now), "text": text}
    return {**task, "note": [*(task.get("note") or ()), note]}


class CompareAll(Input):
    """All records of the hospital."""


@command("patients.compare_all", title=N_("Compare all records"), permission="patients.merge", done=N_("Begun"))
async def compare_all(context: Context, input: CompareAll) -> Resource:  # noqa: ARG001  (it asks for nothing)
    """Compares every record with every other that it may be, in the background, and puts likely pairs on the list.

    Refused while such a comparison goes on.
    """
    await context.lock("patients.compare_all")
    query = [("code", f"{CODE}|{SCAN_CODE}"), ("status", "in-progress"), ("_count", "1")]
    if (await context.search("Task", query)).resources:
        raise Refused(_("All records are being compared already"))
    task = await context.create(
        {
            "resourceType": "Task",
            "status": "in-progress",
            "intent": "order",
            "code": build.concept(CODE, SCAN_CODE),
            "authoredOn": build.instant(context.now),
            **requested_by(context),
        }
    )
    context.emit("patients.scanning", task, key=reference(task))
    return task


async def scan(context: Context, task: Resource) -> list[Resource]:
    """Compares the next records of a comparison of all, writes down how far it came, and gives those records.

    `input` of the Task holds the cursor of what is to come, `output` the numbers of records and of new pairs.
    """
    cursor = next((each["valueString"] for each in task.get("input") or ()), None)
    query = [("_sort", "_id"), ("_count", BATCH), *([("_cursor", cursor)] if cursor else [])]
    page = await context.search("Patient", query)
    done, found = scanned(task)
    found += sum([await look_for(context, patient) for patient in page.resources])
    told = {**task, "output": [_counted("records", done + len(page.resources)), _counted("pairs", found)]}
    told["input"] = [{"type": {"text": "cursor"}, "valueString": page.next}] if page.next else []
    written = await context.update(build.without_empty({**told, "status": "in-progress" if page.next else "completed"}))
    if page.next:
        context.emit("patients.scanning", written, key=reference(written))
    return page.resources


def scanned(task: Resource) -> tuple[int, int]:
    """How many records a comparison of all has looked at, and how many new pairs it has found."""
    counts = {each["type"]["text"]: int(each["valueInteger"]) for each in task.get("output") or ()}
    return counts.get("records", 0), counts.get("pairs", 0)


def _counted(name: str, count: int) -> Resource:
    return {"type": {"text": name}, "valueInteger": count}
