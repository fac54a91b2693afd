"""Starts, adopts and stops an embedded PostgreSQL.

Two file locks in the home order things among processes. `database.lock` is held while someone starts or stops.
`database.owner` is held for as long as the one who will stop the server lives; the kernel drops it even when that
process is killed, and then the next starter adopts the server that was left and becomes its owner.
"""

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psycopg
from psycopg.conninfo import make_conninfo

from xinglin.platform.postgres import account as accounts
from xinglin.platform.postgres import binaries, cluster, places, processes, recovering
from xinglin.platform.postgres.account import Account
from xinglin.platform.postgres.binaries import Installation
from xinglin.platform.postgres.errors import PostgresError
from xinglin.platform.postgres.places import Places

logger = logging.getLogger(__name__)
_PORT = 5432


class EmbeddedPostgres:
    """A PostgreSQL server of our own below a home folder, reached over a private Unix socket with a password.

    `start` returns a conninfo that names a password file, so that the secret is in no argument and no environment.
    `account` names the operating system user for the server where we are root; `durable=False` trades safety against
    power loss for speed and is for tests; `report` is told what takes time; `archive` is a folder that gets the
    write-ahead log. With `origin`, there must be no cluster yet: it comes back from a base backup, and `start` returns
    when it is recovered. Blocking calls: use a thread in async code.
    """

    def __init__(
        self,
        home: Path,
        *,
        account: str | None = None,
        durable: bool = True,
        report: Callable[[str], None] = logger.info,
        patience: float = 120.0,
        archive: Path | None = None,
        origin: recovering.Origin | None = None,
    ) -> None:
        self.home = home.expanduser().resolve()
        self.places = Places(self.home, places.noted_base(self.home) or self.home)
        self._preferred = account
        self._durable = durable
        self._report = report
        self._patience = patience
        self._archive = archive
        self._origin = origin
        self._process: subprocess.Popen[bytes] | None = None
        self._owner: IO[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def owner(self) -> bool:
        """Whether this object will stop the server: it started it, or adopted one that nobody owned any more."""
        return self._owner is not None

    @property
    def running(self) -> bool:
        """Whether a server lives on the data, whoever started it."""
        return processes.postmaster(self.places.data) is not None

    @property
    def conninfo(self) -> str:
        """How to reach the running server, for libpq and psycopg. Raises `PostgresError` where none runs."""
        alive = processes.postmaster(self.places.data)
        if alive is None:
            raise PostgresError(f"The embedded database in {self.home} is not running.")
        return self._conninfo(alive)

    def start(self) -> str:
        """Starts the server, or joins the one that runs already; returns its conninfo.

        Makes the cluster where there is none. Raises `PostgresError` with the end of the server's log.
        """
        places.make_home(self.home)
        with places.locked(self.home / "database.lock", seconds=self._patience):
            account, installation = self._prepare()
            self._reap()
            alive = processes.postmaster(self.places.data)
            if alive and alive.socket and not (alive.socket / f".s.PGSQL.{alive.port}").exists():
                self._report("The database has lost its socket; restarting it")
                self._shut_down()
                alive = None
            if alive is None:
                self._launch(account, installation)
            try:
                conninfo = self._await_ready()
            except PostgresError:
                if self._origin is not None:
                    self._shut_down()
                    recovering.give_up(self.places)
                raise
            if self._origin is not None:
                recovering.end_recovery(self.places, account)
            self._claim()
        return conninfo

    def stop(self) -> None:
        """Stops the server in order if this object owns it; does nothing for one that another process owns."""
        self._reap()
        if self._owner is None:
            if processes.postmaster(self.places.data) is None:
                self._await_end()  # its owner has just ended a server that we started
            return
        with places.locked(self.home / "database.lock", seconds=self._patience):
            self._shut_down()
            self._owner.close()
            self._owner = None

    def _prepare(self) -> tuple[Account, Installation]:
        """Settles user, folders and programs; makes and configures the cluster where needed."""
        made = cluster.complete(self.places.data)
        facts = self.places.data.stat() if made else None
        account = accounts.choose(preferred=self._preferred, owner=(facts.st_uid, facts.st_gid) if facts else None)
        self.places = places.settle(self.home, account)
        if self.places.base != self.home and not made:
            self._report(f"User {account.name} cannot reach {self.home}: the database goes to {self.places.base}")
        if made and self._origin is not None:
            raise PostgresError(f"{self.home} has a database already. A backup is restored into an empty home only.")
        installation = binaries.find(cluster.major(self._origin.base if self._origin else self.places.data))
        if account.switch and not account.can("-x", installation.bin / "postgres"):
            places.SHARED.mkdir(mode=0o711, parents=True, exist_ok=True)
            installation = binaries.copy_to(installation, places.SHARED)
        if self._origin is not None:
            self._report(f"Putting the database back (PostgreSQL {installation.major})")
            recovering.put_back(self.places, account, self._origin)
        elif not made:
            self._report(f"Making the database (PostgreSQL {installation.major})")
            cluster.make(self.places, account, installation, durable=self._durable)
        elif not self.places.passwords.is_file() and not self.running:
            self._report("The database's password file was lost; setting a new password")
            cluster.restore_password(self.places, account, installation)
        return account, installation

    def _launch(self, account: Account, installation: Installation) -> None:
        """Starts a postmaster in a session of its own, so that Ctrl-C in our terminal does not reach it."""
        data = self.places.data
        archive = recovering.archiving(self._archive, account)
        cluster.configure(self.places, account, durable=self._durable, archive=archive)
        environment = accounts.environment()
        left = processes.read_pidfile(data)
        if left is not None:
            self._report("The database was not stopped in order; it recovers now")
            processes.end_orphans(data)
            # PostgreSQL takes a lock file as left behind if it names the process of this variable (miscinit.c).
            # Its check of the shared memory, which deleting the file would disable, stays in force.
            environment["PG_GRANDPARENT_PID"] = str(left.pid)
        socket = places.socket_folder(self.home, account)
        self.places.start_log.touch(mode=0o600)
        with self.places.start_log.open("wb") as log:
            self._process = subprocess.Popen(
                [installation.program("postgres"), "-D", str(data), "-k", str(socket), "-p", str(_PORT)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=environment,
                start_new_session=True,
                **account.identity(),
            )

    def _await_ready(self) -> str:
        """Waits until the server answers; recovery after a crash may take its time, as long as the process lives."""
        end = time.monotonic() + self._patience
        fault = "it did not become ready in time"
        while time.monotonic() < end:
            if self._process is not None and self._process.poll() is not None:
                fault = f"it ended with status {self._process.returncode}"
                self._process = None
                break
            alive = processes.postmaster(self.places.data)
            if alive and alive.ready:
                conninfo = self._conninfo(alive)
                try:
                    with psycopg.connect(conninfo, connect_timeout=5) as connection:
                        connection.execute("SELECT 1")
                except psycopg.OperationalError as error:
                    fault = f"it refuses us: {error}"
                    if error.sqlstate and error.sqlstate.startswith("28"):
                        break
                else:
                    return conninfo
            time.sleep(0.01)
        raise PostgresError(f"The embedded database did not start: {fault}\n{self._last_words()}")

    def _conninfo(self, alive: processes.Postmaster) -> str:
        return make_conninfo(
            host=str(alive.socket),
            port=str(alive.port),
            user=cluster.ROLE,
            dbname=cluster.DATABASE,
            passfile=str(self.places.passwords),
        )

    def _claim(self) -> None:
        """Becomes the owner if there is none."""
        if self._owner is None:
            file = (self.home / "database.owner").open("a", encoding="ascii")
            if places.try_lock(file.fileno()):
                self._owner = file
            else:
                file.close()

    def _shut_down(self) -> None:
        """Ends the server: in order, and when that takes too long at once (it recovers at the next start)."""
        socket: Path | None = None
        for number in (signal.SIGINT, signal.SIGQUIT):
            alive = processes.postmaster(self.places.data)
            if alive is None:
                break
            socket = alive.socket
            processes.send(alive.pid, number)
            if processes.wait_until(partial(self._gone, alive.pid), self._patience / 2):
                break
        self._await_end()
        if socket is not None:
            with contextlib.suppress(OSError):
                socket.rmdir()

    def _await_end(self) -> None:
        """Waits for a server process of ours that is about to end, and forgets it."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process = None

    def _reap(self) -> None:
        """Forgets a server process of ours that has ended, whoever ended it."""
        if self._process is not None and self._process.poll() is not None:
            self._process = None

    def _gone(self, pid: int) -> bool:
        if self._process is not None and self._process.pid == pid:
            return self._process.poll() is not None
        return processes.postmaster(self.places.data) is None

    def _last_words(self) -> str:
        """The end of what the server wrote, with the place of the log."""
        logs = sorted(self.places.logs.glob("*.log"), key=os.path.getmtime)[-1:]
        lines: list[str] = []
        for path in (*logs, self.places.start_log):
            with contextlib.suppress(OSError):
                lines += path.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        return "\n".join([*lines, f"(logs: {self.places.logs}, {self.places.start_log})"])
