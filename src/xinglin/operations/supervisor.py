"""Starts child processes, watches them, restarts what crashes, and stops them in order."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

logger = logging.getLogger(__name__)

CRASHES, WITHIN = 3, 60.0
"""So many crashes within so many seconds are not an accident any more."""

PATIENCE = 20.0
"""Seconds that a child gets to stop in order before it is killed."""


class ServiceError(Exception):
    """A part of the service cannot run; the message says which and why."""


class Child:
    """One child process, started again when it crashes: `name` is `server` or `worker`, `entry` what it runs.

    `log` is the file that takes its output (None: ours). It runs in a session of its own, so that Ctrl-C in the
    terminal reaches only the parent, which stops the parts in order.
    """

    def __init__(self, name: str, entry: str, environment: Mapping[str, str], *, log: Path | None = None) -> None:
        self.name = name
        self.entry = entry
        self.log = log
        self._environment = {**os.environ, **environment}
        self._process: asyncio.subprocess.Process | None = None
        self._crashes: deque[float] = deque(maxlen=CRASHES)
        self._stopping = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Its process number; None while it does not run."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Starts the process; what an earlier one wrote into the log is kept as `.1`."""
        output = None
        if self.log is not None:
            if self.log.exists():
                self.log.replace(self.log.with_name(f"{self.log.name}.1"))
            output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "xinglin.operations.child", self.name, self.entry),
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=self._environment,
                start_new_session=True,
            )
        finally:
            if output is not None:
                os.close(output)

    async def watch(self, say: Callable[[str], None], healthy: Callable[[], Awaitable[bool]]) -> None:
        """Returns when the child was stopped. Restarts it when it ends by itself.

        `healthy` tells whether what it needs is there; while it is not, an end is no fault of the child, and it is
        started again when things are well. Raises `ServiceError` when it crashes again and again.
        """
        while True:
            assert self._process is not None
            status = await self._process.wait()
            if self._stopping.is_set():
                return
            say(f"The {self.name} ended by itself ({describe(status)}); starting it again")
            if await healthy():
                self._crashes.append(time.monotonic())
            if len(self._crashes) == CRASHES and self._crashes[-1] - self._crashes[0] < WITHIN:
                raise ServiceError(f"The {self.name} ends again and again ({describe(status)}).{self.last_words()}")
            if await self._stopped_within(0.5 * len(self._crashes)):
                return
            while not await healthy():
                if await self._stopped_within(0.5):
                    return
            await self.start()

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def ended(self) -> str:
        """Waits until the process has ended and says how."""
        assert self._process is not None
        return describe(await self._process.wait())

    async def stop(self) -> None:
        """Stops the process in order; kills it when that takes longer than `PATIENCE`."""
        self._stopping.set()
        if self._process is None or self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), PATIENCE)
        except TimeoutError:
            logger.warning("The %s did not stop within %.0f s and is killed", self.name, PATIENCE)
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    def last_words(self, lines: int = 20) -> str:
        """The end of its log, as a block of text to append to a message; empty where its output is ours."""
        if self.log is None or not self.log.is_file():
            return ""
        end = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        return "\n" + "\n".join([*(f"  {line}" for line in end), f"(log: {self.log})"])


def describe(status: int) -> str:
    """An exit status in words."""
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"
