"""A hospital as files: one of NDJSON for each type of resource, as FHIR's bulk data have them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from xinglin.fhir import json
from xinglin.fhir.outcome import Conflict
from xinglin.fhir.types import Resource
from xinglin.synthetic.duplicates import truth
from xinglin.synthetic.making import batches, resources
from xinglin.synthetic.masters import masters
from xinglin.synthetic.plan import Plan
from xinglin.synthetic.running import Progress, in_order
from xinglin.synthetic.timeline import History

PART = ".part"
TRUTH = "duplicates.csv"
"""The file that tells who was registered twice."""


async def write_files(plan: Plan, folder: Path, echo: Callable[[str], object]) -> Counter[str]:
    """Writes a hospital into an empty folder; how many resources of each type there are.

    Files get their names only when all of them are complete. Raises `Conflict` where the folder isn't empty.
    """
    await asyncio.to_thread(_empty, folder)
    written: Counter[str] = Counter()
    await asyncio.to_thread(_append, folder, _by_type(masters(plan)), written)
    progress = Progress(plan, echo)
    async for batch, (several, seconds) in in_order(plan, batches(plan), _nothing, _made):
        await asyncio.to_thread(_append, folder, several, written)
        if plan.duplicates:
            await asyncio.to_thread(append_truth, folder / (TRUTH + PART), seconds)
        progress.add(len(batch), sum(map(len, several.values())))
    await asyncio.to_thread(_name, folder)
    return written


def append_truth(path: Path, lines: list[str]) -> None:
    """Writes who was registered twice, below a line that names the columns."""
    with path.open("a", encoding="utf-8") as file:
        if not file.tell():
            file.write("second,first,mistakes\n")
        file.writelines(f"{line}\n" for line in lines)


async def _nothing(_: list[History]) -> tuple[()]:
    return ()


def _empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty; name a folder that is empty or does not exist yet")


def _made(plan: Plan, batch: list[History]) -> tuple[dict[str, list[bytes]], list[str]]:
    return _by_type(resources(plan, batch)), list(truth(plan, batch))


def _by_type(several: Iterable[Resource]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for resource in several:
        found.setdefault(resource["resourceType"], []).append(json.dumps(resource))
    return found


def _append(folder: Path, lines: dict[str, list[bytes]], written: Counter[str]) -> None:
    for type, several in lines.items():
        written[type] += len(several)
        with (folder / f"{type}.ndjson{PART}").open("ab") as file:
            file.write(b"\n".join(several) + b"\n")


def _name(folder: Path) -> None:
    for path in sorted(folder.glob(f"*{PART}")):
        path.rename(path.with_suffix(""))
