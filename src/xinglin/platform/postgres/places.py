"""Where an embedded database keeps its files, so that the server's user reaches them and the socket's path is short."""

import contextlib
import fcntl
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xinglin.platform.postgres.account import Account
from xinglin.platform.postgres.errors import PostgresError

SHARED = Path("/var/lib/xinglin")
"""Where data and programs go when we are root and the server's user cannot reach the home."""


@dataclass(frozen=True)
class Places:
    """Paths of one embedded database.

    `base` holds what the server's user owns (`data`, `logs`); it is the home itself wherever that user reaches it.
    """

    home: Path
    base: Path

    @property
    def data(self) -> Path:
        """The cluster. It appears here only when it is complete."""
        return self.base / "database" / "cluster"

    @property
    def unfinished(self) -> Path:
        """A cluster in the making; what a crash left here is thrown away."""
        return self.base / "database" / "cluster.unfinished"

    @property
    def logs(self) -> Path:
        """The server's log files, one for each day of the month."""
        return self.base / "log" / "postgres"

    @property
    def start_log(self) -> Path:
        """What the server said before its log was open; new at each start."""
        return self.home / "log" / "postgres-start.log"

    @property
    def passwords(self) -> Path:
        """libpq's password file of this database (mode 0600)."""
        return self.home / "database.pgpass"


def make_home(home: Path) -> None:
    """Makes the home where it is missing, passable (not readable) for others; parents keep their permissions."""
    try:
        home.mkdir(parents=True)
        home.chmod(0o711)
    except FileExistsError:
        if not home.is_dir():
            raise PostgresError(f"{home} is not a folder; XINGLIN_HOME must name one.") from None
    except OSError as error:
        raise PostgresError(f"The folder {home} cannot be made: {error.strerror}. Set XINGLIN_HOME.") from None
    (home / "log").mkdir(mode=0o711, exist_ok=True)


def digest(home: Path) -> str:
    """A short name for a home, the same at each start."""
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:16]


def noted_base(home: Path) -> Path | None:
    """The base that an earlier start chose outside the home, None where there is no such note."""
    try:
        return Path((home / "database.place").read_text(encoding="utf-8").strip())
    except (FileNotFoundError, NotADirectoryError):
        return None


def settle(home: Path, account: Account) -> Places:
    """Chooses the base and makes its folders for the server's user."""
    base = noted_base(home)
    if base is None:
        base = home
        if account.switch and not account.can("-x", home):
            base = SHARED / digest(home)
            (home / "database.place").write_text(f"{base}\n", encoding="utf-8")
    places = Places(home, base)
    if base != home:
        for folder in (SHARED, base, base / "log"):
            folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    account.make_folder(places.data.parent)
    account.make_folder(places.logs)
    return places


def socket_folder(home: Path, account: Account) -> Path:
    """A private folder with a short path for the Unix socket: its whole path may have some 103 bytes.

    Below the system's temporary folder, or `/tmp` where that one is itself too long. Only a folder that is the
    server's user's own and closed to everyone else is taken: whoever owns the socket could pose as the database.
    """
    root = Path(tempfile.gettempdir())
    if account.switch or len(os.fsencode(root)) > 50:
        root = Path("/tmp")  # noqa: S108 - the folder's owner and mode are checked below
    folder = root / f"xinglin-{account.uid}-{digest(home)}"
    with contextlib.suppress(FileExistsError):
        account.make_folder(folder)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != account.uid or stat.S_IMODE(facts.st_mode) & 0o077:
        raise PostgresError(
            f"{folder} must be a folder of user {account.uid} with mode 0700, but is not. Someone else may have made "
            f"it to pose as the database: look at it, then remove it."
        )
    return folder


@contextlib.contextmanager
def locked(path: Path, *, seconds: float) -> Iterator[None]:
    """Holds a file lock among processes; waits at most `seconds` for another holder.

    The kernel drops such a lock with its process, however that one ends.
    """
    with path.open("a") as file:
        end = time.monotonic() + seconds
        while not try_lock(file.fileno()):
            if time.monotonic() > end:
                raise PostgresError(f"Another process has been starting or stopping this database for {seconds:.0f} s.")
            time.sleep(0.02)
        yield


def try_lock(descriptor: int) -> bool:
    """Takes a file lock if it is free; says whether it did."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
