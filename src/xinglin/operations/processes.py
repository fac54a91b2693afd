"""Processes that load files side by side: one of Python's processes keeps one core busy, a database several."""

import asyncio
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from zoneinfo import ZoneInfo

from xinglin.platform.collecting import settle
from xinglin.platform.crypto.vault import Vault
from xinglin.platform.database import Database, DatabaseError
from xinglin.platform.processes import pool
from xinglin.platform.settings import Settings
from xinglin.store.loading import LoadedFile, load_file
from xinglin.store.repository import Repository
from xinglin.terminology.knowing import knowing

_MOST = 16


class Loaders:
    """One process more than there are cores, since each waits for the database a part of its time; at most `most`."""

    def __init__(self, settings: Settings, *, most: int) -> None:
        self._pool = pool(min(most, _MOST), more_than_cores=1)
        self._settings = settings

    async def load(self, path: Path) -> LoadedFile:
        """Loads one file in a transaction of its own. Raises `DatabaseError` where a process came to its end."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, _load, self._settings, path)
        except BrokenProcessPool as error:
            text = "A process that loads has ended; files that were reported are loaded, the others are not."
            raise DatabaseError(text) from error

    def __enter__(self) -> "Loaders":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)


class _Process:
    """What one process keeps between files."""

    def __init__(self, settings: Settings) -> None:
        assert settings.database_url is not None
        self.zone = ZoneInfo(settings.timezone)
        self.runner = asyncio.Runner()
        vault = Vault(settings)
        self.seal = vault.seal
        self.database = Database(settings.database_url, min_size=1, max_size=2, application="xinglin-load", vault=vault)
        self.runner.run(self.database.open())
        settle()

    def prepared(self, repository: Repository) -> Repository:
        """The repository, which from now on knows its code systems, and how secrets are sealed."""
        repository.seal = self.seal
        return knowing(repository)


@cache
def _process(settings: Settings) -> _Process:
    return _Process(settings)


def _load(settings: Settings, path: Path) -> LoadedFile:
    kept = _process(settings)
    return kept.runner.run(load_file(path, kept.database.transaction, datetime.now(UTC), kept.zone, kept.prepared))
