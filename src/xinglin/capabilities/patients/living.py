"""Records that stand by themselves, in the place of those that were merged into them."""

from collections.abc import Sequence

from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference

STEPS = 10
"""Merges one after the other that are followed."""


async def living_of(context: Context, patients: Sequence[Resource]) -> list[Resource]:
    """The Patients in their order, each that was merged replaced by the one that is left, and none of them twice."""
    held = {reference(each): each for each in patients}
    for _step in range(STEPS):
        missing = {build.replaced_by(each) for each in held.values()} - {None} - held.keys()
        if not missing:
            break
        held.update(await context.read_many(missing))
    found: dict[str, Resource] = {}
    for each in patients:
        patient: Resource | None = each
        for _step in range(STEPS):
            other = build.replaced_by(patient) if patient else None
            if other is None:
                break
            patient = held.get(other)
        if patient is not None:
            found.setdefault(reference(patient), patient)
    return list(found.values())
