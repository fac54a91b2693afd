"""What can be told of a reference's target from the reference alone."""

import re
from functools import lru_cache

from xinglin.fhir.types import Json

_TYPE_AND_ID = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?$")


def target_of(reference: Json) -> tuple[str, str] | None:
    """Type and id that a literal reference names, `Patient/1` or an absolute URL that ends so; else None."""
    return _named(reference) if isinstance(reference, str) else None


@lru_cache(maxsize=8192)
def _named(reference: str) -> tuple[str, str] | None:
    match = _TYPE_AND_ID.search(reference)
    return (match[1], match[2]) if match else None


def refers_to(value: Json, type_name: str) -> bool:
    """Whether a Reference points to a resource of this type: by its literal reference, else by its `type`."""
    if not isinstance(value, dict):
        return False
    target = target_of(value.get("reference"))
    return (target[0] if target else value.get("type")) == type_name
