"""What follows from a registration, and from a merge."""

from xinglin.capabilities.patients import duplicates, merging
from xinglin.fhir import build
from xinglin.kernel.context import Context
from xinglin.kernel.event import Event, on


@on("patients.registered", "patients.corrected")
async def look(context: Context, event: Event) -> None:
    """Looks whether a record that is new, or was corrected, is somebody's second one."""
    await duplicates.look_for(context, await context.read(event.subject))


@on("patients.scanning")
async def scan(context: Context, event: Event) -> None:
    """Goes on with a comparison of all records."""
    task = await context.read(event.subject, lock=True)
    if task["status"] == "in-progress":
        for patient in await duplicates.scan(context, task):
            if build.replaced_by(patient):
                await merging.gather_for(context, patient)


@on("patients.merged")
async def gather(context: Context, event: Event) -> None:
    """Moves what others wrote about the replaced record while it was being merged."""
    await merging.gather(context, event.data["pair"])
