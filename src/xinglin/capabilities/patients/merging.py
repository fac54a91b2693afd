"""Merging two records of one person, and undoing it (FHIR R4, Patient.link).

Whatever refers to the replaced record is written anew so that it refers to the one that is left, in one transaction:
every search, compartment and rule of access then holds as for any other record, and the history keeps what was. A
Provenance holds the manifest: what was moved (`target`), and which versions of the two Patients went into it
(`entity`). Undoing moves back just that, and what has been written about the moved visits since.
"""

from collections.abc import AsyncIterator

from pydantic import Field

from xinglin.capabilities.patients import absorbing, duplicates, manifests
from xinglin.capabilities.patients.duplicates import Decided, OnePair, noted, read_pair, requested_by
from xinglin.capabilities.patients.identity_number import SYSTEM, parse_identity_number
from xinglin.fhir import build
from xinglin.fhir.outcome import Gone, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.command import command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _
from xinglin.store.everything import everything
from xinglin.store.references import replaced

PAGE = 500
STAYS = frozenset({"Patient", "Provenance", "AuditEvent"})
"""What tells of the records themselves stays with them: links of other Patients, and what is on record of them."""


class Merge(Decided):
    """A pair that is one person, and the record that is left."""

    survivor: str = Field(title=N_("Record that is left"), pattern=r"^Patient/", json_schema_extra={"widget": "hidden"})


@command(
    "patients.merge", title=N_("One person: merge"), permission="patients.merge", done=N_("Decided"), tone="primary"
)
async def merge(context: Context, input: Merge) -> Resource:
    """Decides that two records are of one person, and merges them into the one that is left.

    Where both have a visit today it waits for a second person, since two people may be sitting in the hospital. Refused
    where both have an ID number that is valid and differs: one of them must be corrected first.
    """
    task = await read_pair(context, input.pair)
    both = {task["focus"]["reference"], task["for"]["reference"]}
    if input.survivor not in both:
        raise Refused(_("The record that is left must be one of the two"), expression="survivor")
    (other,) = both - {input.survivor}
    await _ensure_mergeable(context, input.survivor, other)
    task = noted(context, task, input.reason)
    kept = [each for each in task["input"] if each["type"]["text"] != duplicates.SURVIVOR]
    chosen = {"type": {"text": duplicates.SURVIVOR}, "valueReference": build.reference(input.survivor)}
    owner = requested_by(context).get("requester")
    task = build.without_empty({**task, "input": [*kept, chosen], "owner": owner, "reasonCode": {"text": input.reason}})
    if await _visits_today(context, input.survivor) and await _visits_today(context, other):
        return await context.move("duplicate", task, "APPROVAL")
    return await _carry_out(context, context.moved("duplicate", task, "SAME"))


@command(
    "patients.approve_merge",
    title=N_("Approve merge"),
    permission="patients.merge",
    done=N_("Records merged"),
    tone="primary",
)
async def approve_merge(context: Context, input: OnePair) -> Resource:
    """Carries out a merge that somebody else has asked for. Whoever asked for it can't approve it."""
    task = await read_pair(context, input.pair)
    if (task.get("owner") or {}).get("reference") == context.actor.practitioner:
        raise NotPermitted(_("Somebody else must approve what you have asked for"))
    moved = context.moved("duplicate", noted(context, task, _("Approved")))
    both = sorted({task["focus"]["reference"], task["for"]["reference"]})
    await _ensure_mergeable(context, *both)
    return await _carry_out(context, moved)


@command("patients.decline_merge", title=N_("Don't merge yet"), permission="patients.merge", done=N_("Put back"))
async def decline_merge(context: Context, input: Decided) -> Resource:
    """Puts a pair back for which a merge was asked, with the reason."""
    return await context.move("duplicate", noted(context, await read_pair(context, input.pair), input.reason))


async def _ensure_mergeable(context: Context, one: str, other: str) -> None:
    people = {each: await context.read(each, lock=True) for each in sorted((one, other))}
    if any(build.replaced_by(each) for each in people.values()):
        raise Refused(_("One of the records is merged already; open the one that is left"))
    numbers = {build.find_identifier(each, SYSTEM) for each in people.values()}
    if None not in numbers and len(numbers) > 1 and all(_valid(str(each)) for each in numbers):
        raise Refused(_("Both ID numbers are valid, and they differ. Correct the wrong one before you merge"))


def _valid(number: str) -> bool:
    try:
        parse_identity_number(number)
    except ValueError:
        return False
    return True


async def _visits_today(context: Context, patient: str) -> bool:
    query = [("patient", patient), *context.touching_day("date", context.today), ("_count", "20")]
    found = (await context.unlimited().search("Encounter", query)).resources
    return any(each["status"] not in ("cancelled", "entered-in-error") for each in found)


def survivor_of(task: Resource) -> str:
    """The record that is left of a pair, by what was decided."""
    return next(
        str(each["valueReference"]["reference"])
        for each in task["input"]
        if each["type"]["text"] == duplicates.SURVIVOR
    )


def replaced_of(task: Resource) -> str:
    """The record of a pair that is replaced, by what was decided."""
    (other,) = {task["focus"]["reference"], task["for"]["reference"]} - {survivor_of(task)}
    return str(other)


async def _carry_out(context: Context, task: Resource) -> Resource:
    """Merges the pair of a Task that is decided."""
    house = context.unlimited()
    survivor, other = survivor_of(task), replaced_of(task)
    left, gone = await house.read(survivor, lock=True), await house.read(other, lock=True)
    moves = [each async for each in _moved(house, gone, {other: survivor})]
    after = await house.update({**absorbing.absorbed(left, gone), "link": absorbing.linked(left, "replaces", other)})
    await house.update({**gone, "active": False, "link": absorbing.linked(gone, "replaced-by", survivor)})
    manifest = await house.create(
        manifests.manifest(context, "merge", left, gone, after, moves, task["reasonCode"]["text"])
    )
    outputs = [each for each in task.get("output") or () if each["type"]["text"] != manifests.MANIFEST]
    written = await house.update({**task, "output": [*outputs, manifests.output(manifest)]})
    context.emit("patients.merged", after, key=reference(written), replaced=other, pair=reference(written))
    return written


async def _moved(house: Context, patient: Resource, targets: dict[str, str]) -> AsyncIterator[manifests.Moved]:
    """Writes whatever refers to a Patient anew, and tells what was written."""
    (old,) = targets
    after: int | None = 0
    while after is not None:
        page = await everything(house.repository, patient, after=after, count=PAGE)
        for found in page.matches:
            if found["resourceType"] in STAYS or duplicates.is_own(found):
                continue
            held = await house.read(reference(found), lock=True)
            changed, _conditional = replaced(held, targets)
            if changed != held:
                yield manifests.Moved(await house.update(changed), manifests.paths(held, old))
        after = page.next


async def gather(context: Context, pair: str) -> None:
    """Moves what came to the replaced record of a pair while it was being merged; nothing where that is undone."""
    task = await context.read(pair, lock=True)
    state = context.registry.tables["duplicate"].of(task)
    if state is None or state.code != "SAME":
        return
    survivor, other = survivor_of(task), replaced_of(task)
    gone = await context.read(other, lock=True)
    moves = [each async for each in _moved(context, gone, {other: survivor})]
    if moves:
        manifest = await context.read(manifests.of_pair(task), lock=True)
        await context.update(manifests.extended(manifest, moves))


async def gather_for(context: Context, patient: Resource) -> None:
    """Moves what other systems have written about a replaced record since its merge."""
    query = [("code", f"{duplicates.CODE}|{duplicates.PAIR_CODE}"), ("status", "completed"), ("_count", "10")]
    for parameter in ("focus", "patient"):
        for task in (await context.search("Task", [*query, (parameter, reference(patient))])).resources:
            if replaced_of(task) == reference(patient):
                await gather(context, reference(task))


@command(
    "patients.unmerge", title=N_("Undo merge"), permission="patients.merge", done=N_("Merge undone"), tone="danger"
)
async def unmerge(context: Context, input: Decided) -> Resource:
    """Undoes a merge: the replaced record stands by itself again, with just what was moved from it, and what has been
    written about its visits since. What else has been written stays where it is.

    Refused while the record that was left is itself merged into another: that must be undone first.
    """
    task = await read_pair(context, input.pair)
    apart = context.moved("duplicate", noted(context, task, input.reason))
    house = context.unlimited()
    survivor, other = survivor_of(task), replaced_of(task)
    left, gone = await house.read(survivor, lock=True), await house.read(other, lock=True)
    if build.replaced_by(left):
        raise Refused(_("The record that was left is merged into another one. Undo that merge first"))
    manifest = await house.read(manifests.of_pair(task))
    moves = [each async for each in _returned(house, manifest, {survivor: other})]
    before, after = await manifests.versions(house, manifest)
    restored = await house.update(
        build.without_empty({**gone, "active": True, "link": absorbing.unlinked(gone, survivor)})
    )
    await house.update(absorbing.given_back(left, before, after))
    undone = manifests.manifest(context, "unmerge", left, gone, restored, moves, input.reason)
    await house.create(undone)
    written = await house.update(apart)
    context.emit("patients.unmerged", restored, key=reference(written), survivor=survivor, pair=reference(written))
    return written


async def _returned(house: Context, manifest: Resource, targets: dict[str, str]) -> AsyncIterator[manifests.Moved]:
    """Gives back what a manifest names, and what has been written about the moved visits since."""
    ((old, new),) = targets.items()
    named = manifests.moved(manifest)
    later: list[tuple[str, list[str]]] = [
        (each, [])
        for visit in [name for name, _places in named if name.startswith("Encounter/")]
        for each in await _about_visit(house, visit, old)
        if each not in dict(named)
    ]
    for name, places in [*named, *dict(later).items()]:
        try:
            held = await house.read(name, lock=True)
        except (Gone, NotFound):
            continue  # deleted since; there is nothing to give back
        changed = manifests.put_back(held, places, old, new)
        if changed != held:
            yield manifests.Moved(await house.update(changed), places)


async def _about_visit(house: Context, visit: str, patient: str) -> list[str]:
    """What is about a visit and a patient: references, without what tells of the records themselves."""
    found: list[str] = []
    after: int | None = 0
    held = await house.read(visit)
    while after is not None:
        page = await everything(house.repository, held, after=after, count=PAGE)
        found += [
            reference(each)
            for each in page.matches
            if each["resourceType"] not in STAYS and manifests.paths(each, patient)
        ]
        after = page.next
    return found
