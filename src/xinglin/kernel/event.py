"""Events: what has happened, published with the change and handled by whoever cares."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xinglin.fhir.types import Resource

if TYPE_CHECKING:
    from xinglin.kernel.context import Context


_REFERENCE = re.compile(r"[A-Za-z]+/[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True)
class EventType:
    """What a capability tells of: `capability.what`, in words, and the type of the resource that it is about."""

    name: str
    title: str
    subject: str


@dataclass(frozen=True)
class Event:
    """Something that has happened. `subject` is the reference of the resource it is about, `key` that of what orders
    it among others, `data` references by what they are: events go out of the house, and so they name nobody."""

    name: str
    subject: str
    key: str
    data: dict[str, Any]

    def ensure_anonymous(self) -> None:
        """Raises `ValueError` where the data hold anything but references."""
        for name, value in self.data.items():
            for item in value if isinstance(value, list | tuple) else [value]:
                if not isinstance(item, str) or not _REFERENCE.fullmatch(item):
                    raise ValueError(f"Event {self.name}: {name} must be references such as ChargeItem/1")


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


async def services_of(context: "Context", event: Event, type: str) -> list[Resource]:
    """What an event names in `services` of one type, locked behind the event's key; what isn't there is left out, since
    whoever charged for it may have named anything."""
    await context.read(event.key, lock=True)
    names = sorted(name for name in event.data["services"] if name.startswith(f"{type}/"))
    there = await context.read_many(names)
    return [await context.read(name, lock=True) for name in names if name in there]
