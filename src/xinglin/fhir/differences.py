"""What differs between two versions of a resource, element by element."""

from collections.abc import Iterator
from dataclasses import dataclass

from xinglin.fhir.types import Json, Resource

_LEFT_OUT = frozenset({"meta"})
_NOTHING = object()
# What is not there; null stands for a place in a list whose value has only extensions.


@dataclass(frozen=True)
class Difference:
    """An element, by its FHIRPath such as `Composition.section[1].title`, with what it was and is; None: not there."""

    path: str
    before: Json
    after: Json


def differences(before: Resource, after: Resource) -> list[Difference]:
    """The elements that differ, `meta` apart, in the order in which they stand. Items of lists are compared by their
    places; what came as a whole or went as a whole is one difference."""
    kind = str(after.get("resourceType"))
    one, other = ({name: value for name, value in each.items() if name not in _LEFT_OUT} for each in (before, after))
    return list(_compared(kind, one, other))


def _compared(path: str, before: Json, after: Json) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            yield from _compared(f"{path}.{name}", before.get(name, _NOTHING), after.get(name, _NOTHING))
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            pair = (each[index] if index < len(each) else _NOTHING for each in (before, after))
            yield from _compared(f"{path}[{index}]", *pair)
    elif before != after or type(before) is not type(after):
        yield Difference(path, *(None if each is _NOTHING else each for each in (before, after)))
