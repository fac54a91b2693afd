"""Whether a caller may make a change: what is changed must be allowed before, and what comes of it afterwards.

Both are asked of the database, in the transaction of the change: a caller who may not do it gets an error, and the
caller's rollback leaves nothing behind.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xinglin.fhir import json
from xinglin.fhir.outcome import Forbidden, NotFound
from xinglin.fhir.types import Resource
from xinglin.store.access import EVERYTHING, MASKED, REDACTED, Access
from xinglin.store.cursors import execute, queries
from xinglin.store.masking import mask
from xinglin.store.versions import Version, find

if TYPE_CHECKING:
    from xinglin.store.repository import Repository

Name = tuple[str, str]


def marked(repository: "Repository", resource: Resource) -> Resource:
    """A new resource with the caller's marks. Raises `Forbidden` where it has elements that the caller may not set."""
    access, type = repository.access, resource.get("resourceType")
    if access is None or not isinstance(type, str):
        return resource
    if access.allowed(type, "create") != EVERYTHING:
        for name in sorted(access.fixed(type) & {key.removeprefix("_") for key in resource}):
            raise Forbidden(f"You may not set {type}.{name}", expression=f"{type}.{name}")
    return _with_marks(resource, access.marks(type))


def _with_marks(resource: Resource, marks: Sequence[Resource]) -> Resource:
    meta = resource.get("meta") or {}
    if not marks or not isinstance(meta, dict) or not isinstance(meta.get("tag") or [], list):
        return resource
    systems = {mark["system"] for mark in marks}
    others = [tag for tag in meta.get("tag") or () if not (isinstance(tag, dict) and tag.get("system") in systems)]
    return {**resource, "meta": {**meta, "tag": [*others, *marks]}}


async def restored(repository: "Repository", resource: Resource) -> tuple[Resource, Version | None]:
    """What an update is to write: with those elements as they are stored that the caller may not change; and the
    version that it locked for this, None where there is none or nothing had to be looked for.

    Raises `Forbidden` where such an element would be another, or where the caller may see but not update it; `NotFound`
    where it is not allowed or not there. Only who may create any resource of the type chooses an id: everybody else
    would learn by it which ids there are.
    """
    access, type, id = repository.access, resource.get("resourceType"), resource.get("id")
    if access is None or not isinstance(type, str) or not isinstance(id, str) or _unrestricted(access, type):
        return resource, None
    stored = await repository.locked(type, id)
    if stored is None or stored.deleted:
        if access.allowed(type, "create") != EVERYTHING:
            raise NotFound(f"There is no {type}/{id}, and you may not choose the id of a new one")
        return marked(repository, resource), stored
    await ensure_allowed(repository, type, id, "update")
    before: Resource = json.loads(stored.content or b"{}")
    systems = {mark["system"] for mark in access.marks(type)}
    there = [tag for tag in (before.get("meta") or {}).get("tag") or () if tag.get("system") in systems]
    resource = _with_marks(_unlabelled(resource), there)
    masks = {name: mask(type, name, before[name]) for name in access.masked(type) if name in before}
    return _kept(resource, before, access.fixed(type), access.hidden(type), masks), stored


def _unrestricted(access: Access, type: str) -> bool:
    """Whether a caller may write whatever it wants, so that nothing of what is stored need be looked at."""
    free = access.allowed(type, "create") == access.allowed(type, "update") == EVERYTHING
    return free and not access.fixed(type) and not access.marks(type)


def _kept(
    resource: Resource, before: Resource, fixed: frozenset[str], hidden: frozenset[str], masks: Resource
) -> Resource:
    type = resource["resourceType"]
    for name in sorted(fixed):
        if name in masks and resource.get(name) == masks[name] and f"_{name}" not in resource:
            continue  # as it was shown, and so not changed
        left_out = name not in hidden and name in before and name not in resource
        if left_out or any(resource.get(key, before.get(key)) != before.get(key) for key in (name, f"_{name}")):
            raise Forbidden(f"You may not change {type}.{name}", expression=f"{type}.{name}")
    return {**resource, **{key: value for key, value in before.items() if key.removeprefix("_") in fixed}}


def _unlabelled(resource: Resource) -> Resource:
    """Without the labels that say that something was hidden from whoever read it."""
    meta = resource.get("meta")
    if not isinstance(meta, dict) or not any(label in (meta.get("security") or ()) for label in (REDACTED, MASKED)):
        return resource
    others = [label for label in meta["security"] if label not in (REDACTED, MASKED)]
    rest = {key: value for key, value in meta.items() if key != "security"}
    return {**resource, "meta": {**rest, "security": others} if others else rest}


async def ensure_allowed(repository: "Repository", type: str, id: str, interaction: str) -> None:
    """Raises `Forbidden` where a caller may see a resource but not do this with it, else `NotFound`."""
    visible = await repository.visible(type, interaction)
    if not visible.sql or await find(repository.connection, type, id, visible=visible):
        return
    seen = await repository.visible(type, "read")
    if await find(repository.connection, type, id, visible=seen) is None:
        raise NotFound(f"There is no {type}/{id}")
    raise Forbidden(f"You may not {interaction} {type}/{id}", expression=type)


async def ensure_written(repository: "Repository", interaction: str, names: Sequence[Name]) -> None:
    """Raises `Forbidden` where what was written is not what a caller may create or update."""
    for type in sorted({type for type, _ in names}):
        visible = await repository.visible(type, interaction)
        if not visible.sql:
            continue
        ids = [id for kind, id in names if kind == type]
        wanted = {"types": [type] * len(ids), "ids": ids, **visible.parameters}
        query = queries.not_allowed.format(visible=visible.sql)
        if refused := await (await execute(repository.connection, query, wanted)).fetchall():
            named = ", ".join(f"{type}/{id}" for type, id in refused)
            raise Forbidden(f"You may not {interaction} such a {type}: {named}", expression=type)
