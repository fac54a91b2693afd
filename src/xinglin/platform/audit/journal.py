"""A journal on disk between those who read and the audit: an entry costs microseconds, and outlives its process.

Each process writes lines into segments of its own journal, a line for each entry. Several times a second the segment is
closed and goes into the database in one transaction, which also notes its number, so that none goes in twice. What a
process leaves behind that died is taken over by the next one on the machine that looks (ADR 24).
"""

import asyncio
import fcntl
import logging
import os
import re
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import orjson
import psycopg

from xinglin.platform.audit.entries import Entry, Recorder, queries
from xinglin.platform.database import Database, DatabaseError

logger = logging.getLogger(__name__)

EVERY = 0.25
"""Seconds between two segments."""
LARGEST = 4_000_000
"""Bytes of a segment; more come together only while the database is away."""
LATE = 60.0
"""Seconds that a segment may wait before it is worth a word."""
LOOK = 30.0
"""Seconds between two looks for journals that were left behind."""
UNREADABLE = "unreadable.ndjson"
"""Where lines go that the database refuses, which only a fault of ours can bring about."""
_SEGMENT = re.compile(r"([0-9a-f]{32})\.(\d{12})\.ndjson")


class Journal(Recorder):
    """Records reads by way of a journal in `folder`. It must be open; `close` brings all of it into the database."""

    def __init__(self, database: Database, folder: Path, *, every: float = EVERY) -> None:
        super().__init__(database)
        self.folder = folder
        self._every = every
        self._name = uuid.uuid4().hex
        self._number, self._size = 0, 0
        self._segment: int | None = None
        self._lock: int | None = None
        self._alone = asyncio.Lock()
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begins a journal, and takes over those that were left behind."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = os.open(self._path("lock"), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        await self._try(self.adopt)
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Ends the journal; what can't go into the database now waits on disk for the next process."""
        self._stop.set()
        if self._task is not None:
            await self._task
        await self._try(self.flush)
        if self._lock is not None:
            if not self._left(self._name):
                self._path("lock").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    async def record(self, entry: Entry) -> None:
        """Writes an entry into the journal. Raises `OSError` where the disk is full or away."""
        line = orjson.dumps(entry.values()) + b"\n"
        if self._size + len(line) > LARGEST:
            self._end_segment()
        if self._segment is None:
            self._segment, self._size = self._begin_segment(), 0
        try:
            whole = os.write(self._segment, line) == len(line)
        except OSError:
            whole = False
        if not whole:
            os.ftruncate(self._segment, self._size)
            raise OSError(f"The journal of the audit can't be written to in {self.folder}")
        self._size += len(line)

    async def flush(self) -> None:
        """Brings what was recorded so far into the database. Raises what the database raises."""
        async with self._alone:
            self._end_segment()
            await self._ingest(self._name)

    async def adopt(self) -> None:
        """Brings the journals into the database whose processes have died."""
        for path in self.folder.glob("*.lock"):
            if path.stem == self._name:
                continue
            with suppress(FileNotFoundError):
                descriptor = os.open(path, os.O_RDWR)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    await self._ingest(path.stem)
                    path.unlink(missing_ok=True)
                except BlockingIOError:
                    pass  # it lives
                finally:
                    os.close(descriptor)

    def _path(self, ending: str) -> Path:
        return self.folder / f"{self._name}.{ending}"

    def _begin_segment(self) -> int:
        self._number += 1
        path = self._path(f"{self._number:012}.ndjson")
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)

    def _end_segment(self) -> None:
        if self._segment is not None:
            os.close(self._segment)
            self._segment = None

    def _left(self, journal: str) -> list[tuple[int, Path]]:
        """The segments of a journal in their order."""
        paths = self.folder.glob(f"{journal}.*.ndjson")
        return sorted((int(named[2]), path) for path in paths if (named := _SEGMENT.fullmatch(path.name)))

    async def _ingest(self, journal: str) -> None:
        for number, path in self._left(journal):
            if journal == self._name and self._segment is not None and number == self._number:
                continue  # somebody has begun it meanwhile
            await self._take(journal, number, path)
            path.unlink(missing_ok=True)

    async def _take(self, journal: str, number: int, path: Path) -> None:
        lines = _lines(path)
        if not lines:
            return
        values = {"journal": journal, "number": number, "entries": f"[{b','.join(lines).decode()}]"}
        try:
            async with self._database.statement() as connection:
                await connection.execute(queries.take_journal, values, prepare=True)
        except (psycopg.DataError, psycopg.IntegrityError):
            logger.exception("A segment of the audit's journal is refused; its lines go in one by one")
            await self._one_by_one(lines)

    async def _one_by_one(self, lines: list[bytes]) -> None:
        for line in lines:
            try:
                async with self._database.statement() as connection:
                    await connection.execute(queries.record_audits, {"entries": f"[{line.decode()}]"})
            except (psycopg.DataError, psycopg.IntegrityError):
                with (self.folder / UNREADABLE).open("ab") as file:
                    file.write(line + b"\n")

    async def _run(self) -> None:
        looked = asyncio.get_running_loop().time()
        pause = self._every
        while not self._stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause)
            pause = self._every if await self._try(self.flush) else min(pause * 2, 10.0)
            if asyncio.get_running_loop().time() - looked > LOOK:
                looked = asyncio.get_running_loop().time()
                await self._try(self.adopt)

    async def _try(self, work: Callable[[], Awaitable[None]]) -> bool:
        try:
            await work()
        except (psycopg.OperationalError, DatabaseError, OSError) as error:
            logger.warning("The audit's journal waits on disk: %s", type(error).__name__)
            return False
        return True


def _lines(path: Path) -> list[bytes]:
    """The lines of a segment. The last one may lack its end: then nobody was answered yet."""
    return path.read_bytes().split(b"\n")[:-1]


def trouble(folder: Path, now: float) -> list[str]:
    """What should not be there, a line for each: segments that wait for longer than a minute, lines that were refused.

    `now` in seconds since 1970.
    """
    said = []
    late = [path for path in folder.glob("*.ndjson") if _SEGMENT.fullmatch(path.name) and _age(path, now) > LATE]
    if late:
        said.append(f"{len(late)} segments of the audit's journal wait in {folder}")
    if (folder / UNREADABLE).is_file():
        said.append(
            f"the database refused {len(_lines(folder / UNREADABLE))} entries; they are in {folder / UNREADABLE}"
        )
    return said


def _age(path: Path, now: float) -> float:
    try:
        return now - path.stat().st_mtime
    except FileNotFoundError:  # it has just gone into the database
        return 0.0
