"""The operating system user that the server runs as.

PostgreSQL refuses to run as root. Where Xinglin runs as root, the server gets a user of its own; files that this
user controls are then written under its identity only, so that it can never lead root to write elsewhere.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from xinglin.platform.postgres.errors import PostgresError

OWN = "xinglin"


class Identity(TypedDict, total=False):
    """Arguments of `subprocess` that change the user; empty where it stays."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """Who the server's processes run as; `switch` is true where that is someone else than we are."""

    uid: int
    gid: int
    name: str
    switch: bool

    def run(self, command: Sequence[str], *, text: str | None = None, check: bool = True) -> str:
        """Runs a command as this user to its end and returns what it printed (both streams).

        Raises `PostgresError` with the output when it fails and `check` is set.
        """
        done = subprocess.run(
            command,
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            cwd="/",
            env=environment(),
            check=False,
            **self.identity(),
        )
        if check and done.returncode:
            raise PostgresError(
                f"{Path(command[0]).name} failed (exit status {done.returncode}):\n{done.stdout.strip()}"
            )
        return done.stdout

    def identity(self) -> Identity:
        """Arguments by which `subprocess` changes to this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def can(self, test: str, path: Path) -> bool:
        """Whether a shell test (`-x`, `-w`, ...) on a path holds for this user: tried, not computed."""
        try:
            self.run(["/bin/sh", "-c", f'test {test} "$0"', str(path)])
        except (PostgresError, OSError):
            return False
        return True

    def write(self, path: Path, text: str) -> None:
        """Writes a file (mode 0600) as this user, whole or not at all."""
        script = 'umask 077 && cat > "$0.new" && mv -f "$0.new" "$0"'
        self.run(["/bin/sh", "-c", script, str(path)], text=text)

    def make_folder(self, path: Path) -> None:
        """Makes a private folder (mode 0700) of this user; its parent must be ours."""
        path.mkdir(mode=0o700, exist_ok=True)
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def environment(**extra: str) -> dict[str, str]:
    """The environment of the server's programs: nothing of ours, no language, no PG* variable."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", **extra}


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create(name: str) -> bool:
    """Makes a system user without home and shell; false where the machine has no means for it."""
    useradd = shutil.which("useradd")
    if useradd is None:
        return False
    command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _named(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name, switch=True)


def choose(
    *,
    preferred: str | None = None,
    owner: tuple[int, int] | None = None,
    lookup: Callable[[str], pwd.struct_passwd | None] = _lookup,
    create: Callable[[str], bool] = _create,
) -> Account:
    """The user for the server: ourselves, or where we are root: the data's `owner`, `preferred`, `postgres`, our own.

    `owner` is (uid, gid) of existing data, None where there are none yet. As the last resort `nobody` serves.
    """
    me = os.geteuid()
    if me != 0:
        if owner and owner[0] != me:
            raise PostgresError(
                f"The database belongs to user {owner[0]}, not to this one ({me}). Run as that user or root."
            )
        return Account(me, os.getegid(), str(me), switch=False)
    if owner and owner[0] != 0:
        return Account(*owner, name=str(owner[0]), switch=True)
    if preferred:
        named = lookup(preferred)
        if named is None or named.pw_uid == 0:
            raise PostgresError(
                f"XINGLIN_DATABASE_ACCOUNT names {preferred!r}, which is no ordinary user of this machine."
            )
        return _named(named)
    found = lookup("postgres") or lookup(OWN)
    if found is None and create(OWN):
        found = lookup(OWN)
    found = found or lookup("nobody")
    if found is None:
        raise PostgresError("PostgreSQL does not run as root, and no user for it could be found or made.")
    return _named(found)
