"""The functions of FHIRPath by name. Each module of `functions` registers its own when it is imported."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import EMPTY, Collection, Item, Node, system_type
from xinglin.fhir.fhirpath.parser import Node as Tree
from xinglin.fhir.fhirpath.semantics import value_of

Evaluate: TypeAlias = Callable[[Environment, Collection], Collection]
"""A compiled expression: from what `$this` is, to its values."""

Function: TypeAlias = Callable[..., Collection]
"""(environment, input, one collection for each argument) → collection."""

Builder: TypeAlias = Callable[..., Callable[[Environment, Collection, Collection], Collection]]
"""(one compiled expression for each argument) → (environment, input, outer focus) → collection."""

Typed: TypeAlias = Callable[[Collection, str, str], Collection]
"""(input, type name, namespace) → collection."""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Entry:
    """A function: `kind` is eager, lazy (its arguments are evaluated for each item) or typed (it takes a type)."""

    kind: str
    call: Callable[..., Any]
    fewest: int
    most: int


FUNCTIONS: dict[str, Entry] = {}


def function(name: str, fewest: int = 0, most: int | None = None, kind: str = "eager") -> Callable[[F], F]:
    """Registers a function that takes from `fewest` to `most` arguments."""

    def register(call: F) -> F:
        FUNCTIONS[name] = Entry(kind, call, fewest, fewest if most is None else most)
        return call

    return register


def entry(name: str, arguments: tuple[Tree, ...]) -> Entry:
    """The function of that name. Raises `FhirPathError` where there is none, or not with so many arguments."""
    found = FUNCTIONS.get(name)
    if found is None:
        raise FhirPathError(f"There is no function {name}()")
    if not found.fewest <= len(arguments) <= found.most:
        wanted = str(found.fewest) if found.fewest == found.most else f"{found.fewest} to {found.most}"
        raise FhirPathError(f"{name}() takes {wanted} arguments, not {len(arguments)}")
    return found


def single(items: Collection, what: str) -> Item:
    """The System value of the only item, None where there is none. Raises `FhirPathError` for more than one."""
    if not items:
        return None
    if len(items) > 1:
        raise FhirPathError(f"{what} needs one item, there are {len(items)}")
    item = items[0]
    return item.system() if item.__class__ is Node else item


def text(items: Collection, what: str) -> str | None:
    """The only item as a String; None where there is none."""
    value = single(items, what)
    if value is None or value.__class__ is str:
        return value
    raise FhirPathError(f"{what} needs a String, not {_kind(items[0])}")


def integer(items: Collection, what: str) -> int | None:
    """The only item as an Integer; None where there is none."""
    value = single(items, what)
    if value is None or value.__class__ is int:
        return value
    raise FhirPathError(f"{what} needs an Integer, not {_kind(items[0])}")


def truth(items: Collection) -> bool | None:
    """A Boolean by singleton evaluation: one item of another type is true (FHIRPath 2.0, Singleton Evaluation)."""
    if not items:
        return None
    if len(items) > 1:
        raise FhirPathError(f"A condition needs one item, there are {len(items)}")
    item = items[0]
    if item.__class__ is Node:
        if item.type.name != "boolean":
            return True
        item = item.value
    return item if item.__class__ is bool else True


_LONGEST = 1_000_000


def fitting(length: int) -> None:
    """Raises `FhirPathError` where a String of so many characters must not be made."""
    if length > _LONGEST:
        raise FhirPathError(f"A String of {length:,} characters is too long; at most {_LONGEST:,} are made")


def boxed(value: Item) -> Collection:
    """A collection of the value; empty for None."""
    return EMPTY if value is None else [value]


def _kind(item: Item) -> str:
    value = value_of(item)
    return f"FHIR.{value.type.name}" if isinstance(value, Node) else system_type(value)
