"""What the jobs of a worker need: the database and the folder for files. The worker provides it once, at its start."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection

from xinglin.platform.database import Database
from xinglin.platform.sealing import Seal
from xinglin.store.access import Access
from xinglin.store.repository import Repository
from xinglin.terminology.knowing import knowing


@dataclass(frozen=True)
class House:
    """The surroundings of a job. `folder` is shared with the servers, which hand out its files; `access` tells what an
    account may see now, and `seal` hides secrets."""

    database: Database
    folder: Path
    clock: Callable[[], datetime]
    zone: tzinfo
    access: Callable[[AsyncConnection[Any], str], Awaitable[Access | None]]
    seal: Seal

    @asynccontextmanager
    async def repository(self) -> AsyncIterator[Repository]:
        """The repository in a transaction of its own, without limits."""
        async with self.database.transaction() as connection:
            # unlimited: imports write as the house, by the permission of whoever sent them.
            repository = knowing(Repository(connection, now=self.clock(), zone=self.zone))
            repository.seal = self.seal
            yield repository


_house: ContextVar[House] = ContextVar("house")


def provide(house: House) -> None:
    """Tells the jobs of this worker where they are."""
    _house.set(house)


def house() -> House:
    """What was provided. Raises `LookupError` outside of a worker."""
    return _house.get()
