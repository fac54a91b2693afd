"""What a merge has moved, as a Provenance: enough to give back exactly that."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xinglin.capabilities.patients.resources import author
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.context import Context, reference

ACTIVITY = "urn:xinglin:code:patient-index"
MANIFEST = "manifest"
PATH = "urn:xinglin:extension:path"
"""Where in a target a reference was changed: a target may refer to both records, and to others merged into them."""


@dataclass(frozen=True)
class Moved:
    """A resource as it was written, and the places in it that were changed."""

    resource: Resource
    paths: list[str]


def manifest(
    context: Context,
    activity: str,
    left: Resource,
    gone: Resource,
    after: Resource,
    moves: Iterable[Moved],
    reason: str,
) -> Resource:
    """The Provenance of a merge or of its undoing. `left` and `gone` are the Patients before, `after` the one that was
    written: the first target."""
    return {
        "resourceType": "Provenance",
        "target": [build.reference(versioned(after)), *map(_target, moves)],
        "recorded": build.instant(context.now),
        "activity": {"coding": [build.coding(ACTIVITY, activity)]},
        "reason": [{"text": reason}],
        "agent": [{"who": author(context) or {"display": context.actor.name}}],
        "entity": [
            {"role": "revision", "what": build.reference(versioned(left))},
            {"role": "source", "what": build.reference(versioned(gone))},
        ],
    }


def versioned(resource: Resource) -> str:
    """The reference of just this version."""
    return f"{reference(resource)}/_history/{resource['meta']['versionId']}"


def _target(move: Moved) -> Resource:
    extension = [{"url": PATH, "valueString": path} for path in move.paths]
    return build.without_empty({"extension": extension, **build.reference(versioned(move.resource))})


def extended(held: Resource, moves: Iterable[Moved]) -> Resource:
    """A manifest with more that was moved."""
    return {**held, "target": [*held["target"], *map(_target, moves)]}


def output(held: Resource) -> Resource:
    """The output of a pair's Task that names its manifest."""
    return {"type": {"text": MANIFEST}, "valueReference": build.reference(held)}


def of_pair(task: Resource) -> str:
    """The reference of the manifest of a pair that is merged."""
    return next(str(each["valueReference"]["reference"]) for each in task["output"] if each["type"]["text"] == MANIFEST)


def moved(held: Resource) -> list[tuple[str, list[str]]]:
    """What a manifest says was moved: references without version, and the places."""
    return [
        (
            str(each["reference"]).partition("/_history/")[0],
            [str(item["valueString"]) for item in each.get("extension") or () if item["url"] == PATH],
        )
        for each in held["target"][1:]
    ]


async def versions(house: Context, held: Resource) -> tuple[Resource, Resource]:
    """The record that was left, before and after the merge."""
    found = []
    for text in (held["entity"][0]["what"]["reference"], held["target"][0]["reference"]):
        type, id, _history, version = str(text).split("/")
        found.append(await house.repository.vread(type, id, int(version)))
    return found[0], found[1]


def paths(value: Json, target: str, at: str = "") -> list[str]:
    """Where in a resource a text is just `target`: places as JSON pointers (RFC 6901) without escapes."""
    if isinstance(value, dict):
        return [path for name, item in value.items() for path in paths(item, target, f"{at}/{name}")]
    if isinstance(value, list):
        return [path for index, item in enumerate(value) for path in paths(item, target, f"{at}/{index}")]
    return [at] if value == target else []


def put_back(resource: Resource, places: Iterable[str], old: str, new: str) -> Resource:
    """A resource with `new` at those of the places where it still has `old`; everywhere where the places are not known,
    or where lists were rearranged and there are just as many."""
    there, given = set(paths(resource, old)), set(places)
    still = there & given or (there if len(there) == len(given) or not given else set())
    return _changed(resource, "", still, new)  # type: ignore[no-any-return]


def _changed(value: Any, at: str, places: set[str], new: str) -> Any:
    if isinstance(value, dict):
        return {name: _changed(item, f"{at}/{name}", places, new) for name, item in value.items()}
    if isinstance(value, list):
        return [_changed(item, f"{at}/{index}", places, new) for index, item in enumerate(value)]
    return new if at in places else value
