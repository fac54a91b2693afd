"""What a doctor uses most recently, offered first: kept by itself, so that nobody has to look after it.

It is a ValueSet for each doctor, whose concepts stand in the order of their last use.
"""

from xinglin.fhir.outcome import Gone, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context

MOST = 100
"""Codes that are remembered; the one that was not used for the longest time goes."""


def _id(context: Context) -> str:
    return f"used-{str(context.actor.practitioner).partition('/')[2]}"[:64]


async def _held(context: Context, *, lock: bool = False) -> Resource | None:
    try:
        return await context.read(f"ValueSet/{_id(context)}", lock=lock)
    except (NotFound, Gone):
        return None


def _concepts(held: Resource | None, system: str) -> list[Resource]:
    included = ((held or {}).get("compose") or {}).get("include") or ()
    return next((list(part.get("concept") or ()) for part in included if part.get("system") == system), [])


async def used(context: Context, system: str, code: str, display: str) -> None:
    """Remembers that the signed-in doctor used a code of a system just now."""
    await context.lock(_id(context))
    held = await _held(context, lock=True)
    kept = [item for item in _concepts(held, system) if item["code"] != code]
    concepts = [{"code": code, "display": display}, *kept][:MOST]
    if held is not None:
        if _concepts(held, system)[:1] == concepts[:1]:
            return
        others = [part for part in held["compose"]["include"] if part.get("system") != system]
        await context.update({**held, "compose": {"include": [*others, {"system": system, "concept": concepts}]}})
        return
    made = {
        "resourceType": "ValueSet",
        "id": _id(context),
        "url": f"urn:xinglin:used:{str(context.actor.practitioner).partition('/')[2]}",
        "status": "active",
        "compose": {"include": [{"system": system, "concept": concepts}]},
    }
    await context.create(made, id=_id(context))


async def recent(context: Context, system: str) -> list[tuple[str, str]]:
    """Codes of a system that the signed-in doctor used, the last one first, each with its name."""
    if context.actor.practitioner is None:
        return []
    held = await _held(context)
    return [(str(item["code"]), str(item.get("display", ""))) for item in _concepts(held, system)]
