"""Changes of a resource that is found by a search instead of its id, and patches (FHIR R4, RESTful API, conditional
update, patch).

Whoever uses the same condition at the same time waits until this transaction is over, so two of them can't both find
nothing and create.
"""

from typing import TYPE_CHECKING

from xinglin.fhir.outcome import BadRequest, NotFound, PreconditionFailed
from xinglin.fhir.types import Resource
from xinglin.store.patch import Patch

if TYPE_CHECKING:
    from xinglin.store.repository import Repository


async def update_where(
    repository: "Repository", resource: Resource, condition: str, *, if_match: int | None = None
) -> tuple[Resource, bool]:
    """Updates the one resource that a search finds, or creates; tells whether it is new.

    Raises `PreconditionFailed` where several match, `BadRequest` where the one that matches has another id than
    `resource`, `Conflict` where none matches although the id is taken.
    """
    type, id = str(resource.get("resourceType")), resource.get("id")
    found = await repository.match(type, condition, lock=True)
    if found is not None:
        return await repository.put({**resource, "id": found_id(found, id, condition)}, if_match=if_match)
    if if_match is not None:
        raise PreconditionFailed(f"{type}?{condition} matches no resource, so none is at version {if_match}")
    if id is None:
        return await repository.create(resource), True
    return await repository.create(resource, id=id), True


def found_id(found: Resource, id: object, condition: str) -> str:
    """The id of what a condition found. Raises `BadRequest` where the resource to be written has another one."""
    name = f"{found['resourceType']}/{found['id']}"
    if id is not None and id != found["id"]:
        type = found["resourceType"]
        raise BadRequest(f"{type}?{condition} matches {name}, not {type}/{id}", expression=f"{type}.id")
    return str(found["id"])


async def delete_where(repository: "Repository", type: str, condition: str, *, if_match: int | None = None) -> bool:
    """Deletes the one resource that a search finds, and tells whether there was any.

    Raises `PreconditionFailed` where several match: which of them is meant is for the caller to say.
    """
    found = await repository.match(type, condition, lock=True)
    if found is None:
        return False
    await repository.delete(type, found["id"], if_match=if_match)
    return True


async def patch(
    repository: "Repository", type: str, id: str, change: Patch, *, if_match: int | None = None
) -> Resource:
    """Patches the current version. Raises `NotFound`, `Gone`, `PreconditionFailed`, and `Invalid` for a patch that
    can't be applied or leaves an invalid resource."""
    before = await repository.read(type, id, lock=True)
    version = int(before["meta"]["versionId"])
    if if_match is not None and if_match != version:
        raise PreconditionFailed(f"{type}/{id} is at version {version}, not at version {if_match}: read it again")
    return await repository.update(change(before))


async def patch_where(
    repository: "Repository", type: str, condition: str, change: Patch, *, if_match: int | None = None
) -> Resource:
    """Patches the one resource that a search finds. Raises as `patch` does, `NotFound` where none is found."""
    return await patch(repository, type, await sole(repository, type, condition), change, if_match=if_match)


async def sole(repository: "Repository", type: str, condition: str) -> str:
    """The id of the one resource that a search finds. Raises `NotFound`, `PreconditionFailed`."""
    found = await repository.match(type, condition, lock=True)
    if found is None:
        raise NotFound(f"{type}?{condition} matches no resource")
    return str(found["id"])
