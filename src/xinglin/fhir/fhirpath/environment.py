"""What an expression is evaluated in: the resource, variables, and what the caller provides for the outside world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from xinglin.fhir.fhirpath.lexer import TooCostly
from xinglin.fhir.fhirpath.model import Collection, Node
from xinglin.fhir.types import Json, Resource

Resolve = Callable[[str], "Resource | None"]
"""From a literal reference or canonical URL to the resource, None where it can't be found."""

MemberOf = Callable[[str, Json, str], "bool | None"]
"""From (type of the coded value, its JSON, URL of the value set) to whether it is a member; None: can't be told."""

ConformsTo = Callable[[Json, str], bool]
"""From a resource or element and the URL of a StructureDefinition to whether it conforms. KeyError: unknown URL."""

InSlice = Callable[[Node, str, str], bool]
"""From an element, the URL of a StructureDefinition and a slice's name to whether the element is of the slice."""

Trace = Callable[[str, Collection], None]
"""Is shown what passes `trace()`: its name and the collection."""


class Allowance:
    """The steps that evaluations may take together, for expressions of people who are not trusted.

    A step is the evaluation of a criterion or projection on one item, or an item that is added to a collection which
    may outgrow the data.
    """

    __slots__ = ("left",)

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Raises `TooCostly` where there are not so many left."""
        self.left -= steps
        if self.left < 0:
            raise TooCostly("this takes more steps than an expression may")


def _no_reference(_: str) -> None:
    return None


@dataclass(slots=True)
class Environment:
    """`resource` is `%resource`, `root` is `%rootResource`, `context` is `%context`.

    `variables` are further `%names` with Python values, JSON objects or collections of them. `now` is needed by
    `now()`, `today()` and `timeOfDay()`: this package reads no clock. With `strict`, a path that no type in its focus
    has raises `FhirPathError`, instead of being empty. With an `allowance`, what takes more raises `TooCostly`.
    An environment is for one resource: it remembers what paths from `%resource` led to.
    """

    resource: Node | None = None
    root: Node | None = None
    context: Collection = field(default_factory=list)
    variables: Mapping[str, Any] = field(default_factory=dict)
    resolve: Resolve = _no_reference
    member_of: MemberOf | None = None
    conforms_to: ConformsTo | None = None
    in_slice: InSlice | None = None
    trace: Trace | None = None
    now: datetime | None = None
    strict: bool = False
    allowance: Allowance | None = None
    index: int | None = None
    total: Collection = field(default_factory=list)
    memo: dict[object, Collection] = field(default_factory=dict, init=False)
    """What paths from `%resource` and its like were found to be, which is the same for every item."""
