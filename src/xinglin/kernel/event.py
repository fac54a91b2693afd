"""Events: what has happened, published with the change and handled by whoever cares."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xinglin.kernel.context import Context


@dataclass(frozen=True)
class Event:
    """Something that has happened. `subject` is the reference of the resource it is about, `data` plain JSON."""

    name: str
    subject: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Handler:
    """A capability's answer to an event; the worker runs it in a transaction of its own, as the system.

    Delivery is at least once, so the kernel keeps a key for each event and handler and runs it once.
    """

    event: str
    name: str
    run: Callable[["Context", Event], Awaitable[None]]


def on(event: str) -> Callable[[Callable[["Context", Event], Awaitable[None]]], Handler]:
    """Declares a function `async (context, event) -> None` as a handler of the events named `event`."""

    def declare(run: Callable[["Context", Event], Awaitable[None]]) -> Handler:
        return Handler(event, f"{run.__module__.removeprefix('xinglin.capabilities.')}.{run.__name__}", run)

    return declare
