"""Events: what has happened, published with the change and handled by whoever cares."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xinglin.kernel.context import Context


@dataclass(frozen=True)
class Event:
    """Something that has happened. `subject` is the reference of the resource it is about, `key` that of what orders
    it among others, `data` plain JSON."""

    name: str
    subject: str
    key: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Handler:
    """A capability's answer to an event; the worker runs it in a transaction of its own, as the system.

    Delivery is at least once, so a handler looks at how things stand and does nothing where nothing is to be done.
    """

    events: tuple[str, ...]
    name: str
    run: Callable[["Context", Event], Awaitable[None]]


def on(*events: str) -> Callable[[Callable[["Context", Event], Awaitable[None]]], Handler]:
    """Declares a function `async (context, event) -> None` as a handler of the events that bear these names."""

    def declare(run: Callable[["Context", Event], Awaitable[None]]) -> Handler:
        return Handler(events, f"{run.__module__.removeprefix('xinglin.capabilities.')}.{run.__name__}", run)

    return declare
