"""`$meta`, `$meta-add` and `$meta-delete`: profiles, tags and labels of a resource (FHIR R4, Resource, $meta)."""

from typing import Any

from xinglin.exchange.fhir.operations.parameters import outputs
from xinglin.exchange.fhir.operations.registry import INSTANCE, WRITE, Call, Operation
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource

LISTS = ("profile", "security", "tag")
"""The elements of Meta that these operations change; versionId, lastUpdated and source are not theirs."""


async def read(call: Call) -> Resource:
    """The meta of a resource."""
    assert call.type is not None and call.id is not None  # noqa: PT018
    return outputs(("return", "valueMeta", (await call.repository.read(call.type, call.id)).get("meta")))


async def add(call: Call) -> Resource:
    """Adds what is not there yet. Writes a new version only where something is added."""
    return await _change(call, lambda there, given: there + [item for item in given if not _holds(there, item)])


async def delete(call: Call) -> Resource:
    """Takes away what is there. Writes a new version only where something is taken."""
    return await _change(call, lambda there, given: [item for item in there if not _holds(given, item)])


async def _change(call: Call, change: Any) -> Resource:
    given = call.inputs.structure("meta")
    if given is None:
        raise BadRequest("The parameter meta is missing", code="required")
    assert call.type is not None and call.id is not None  # noqa: PT018
    resource = await call.repository.read(call.type, call.id, lock=True)
    meta = dict(resource.get("meta", {}))
    for name in LISTS:
        changed = change(meta.get(name, []), given.get(name, []))
        meta = {key: value for key, value in meta.items() if key != name} | ({name: changed} if changed else {})
    if meta != resource.get("meta"):
        resource = await call.repository.update({**resource, "meta": meta})
    return outputs(("return", "valueMeta", resource["meta"]))


def _holds(items: list[Any], item: Any) -> bool:
    return any(_key(each) == _key(item) for each in items)


def _key(item: Any) -> Any:
    # The same tag may come with another display.
    return (item.get("system"), item.get("code")) if isinstance(item, dict) else item


META = Operation("meta", (INSTANCE,), read)
META_ADD = Operation("meta-add", (INSTANCE,), add, WRITE, parameters=("meta",), changes=True)
META_DELETE = Operation("meta-delete", (INSTANCE,), delete, WRITE, parameters=("meta",), changes=True)
