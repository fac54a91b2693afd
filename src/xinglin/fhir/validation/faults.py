"""The intermediate form of an issue while a resource is walked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from xinglin.fhir.definitions import Rule
from xinglin.fhir.types import Json


class Fault(NamedTuple):
    """A breach at `path`, relative to whoever reports it (`.gender`, `[0].system`, or "" for the value itself).

    Each level of the walk puts its own part before the path, so that a resource without faults costs no path at all.
    """

    path: str
    code: str
    text: str
    severity: str = "error"

    def below(self, prefix: str) -> "Fault":
        """The same fault as the parent sees it."""
        return Fault(prefix + self.path, self.code, self.text, self.severity)


@dataclass(slots=True)
class Context:
    """What the check of one resource needs to know of it: the type of each contained resource, by its id.

    `resource` is the resource that is walked, `root` the one that contains it, or itself. `pending` collects, for the
    whole walk, objects whose invariants the properties present do not decide, with the type they are of.
    """

    contained: dict[str, str] = field(default_factory=dict)
    resource: Json = None
    root: Json = None
    pending: "list[Pending]" = field(default_factory=list)
    warnings: bool = False
    referred: set[str] = field(default_factory=set)


class Pending(NamedTuple):
    """An object of a type, its rules to evaluate, and the context of the resource that it is in."""

    value: Json
    type: str
    rules: tuple[Rule, ...]
    context: Context


Faults: TypeAlias = "list[Fault] | None"
Check: TypeAlias = Callable[[Json, Context], Faults]
"""Checks one value. Returns None where all is well."""


def shown(value: Json, limit: int = 60) -> str:
    """A value as it may stand in a message: quoted, and cut where it is long."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def listed(names: "frozenset[str] | set[str] | list[str]", limit: int = 25) -> str:
    """Names in alphabetical order for a message, cut after `limit`."""
    ordered = sorted(names)
    rest = len(ordered) - limit
    return ", ".join(ordered[:limit]) + (f" and {rest} more" if rest > 0 else "")
