"""The archive of the write-ahead log, and a cluster that comes back from a base backup and that archive.

Files of the cluster are written under the identity of the server's user, as everywhere here.
"""

import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xinglin.platform.postgres.account import Account, environment
from xinglin.platform.postgres.errors import PostgresError
from xinglin.platform.postgres.places import Places

_PLAIN = re.compile(r"[^'\"%\\\n$`]+")
_ARCHIVE = """\
archive_mode = on
archive_timeout = 60
# A file that is there already must be the same one: a crash may come between the copy and the note of it.
archive_command = 'if test -f "{folder}/%f"; then cmp -s "%p" "{folder}/%f"; else cp "%p" "{folder}/%f.new" && \
sync "{folder}/%f.new" && mv "{folder}/%f.new" "{folder}/%f"; fi'
"""
_RECOVERY = """\
# Written for one recovery, and removed after it.
restore_command = 'cp "{folder}/%f" "%p"'
recovery_target_action = 'promote'
# Nobody is let in, and so nothing is taken for ready, before the recovery is over.
hot_standby = off
"""
CONFIGURATION = "20-recovery.conf"


@dataclass(frozen=True)
class Origin:
    """What a cluster comes back from: the folder of a base backup, the password file that belongs to it, and perhaps
    an archive to recover from, to its end or only `until` a moment."""

    base: Path
    passwords: Path
    archive: Path | None = None
    until: datetime | None = None

    def configuration(self) -> str:
        """The settings of the recovery; empty where the base backup is taken as it is."""
        if self.archive is None:
            return ""
        target = f"recovery_target_time = '{self.until.isoformat(' ')}'\n" if self.until else ""
        return _RECOVERY.format(folder=plain(self.archive)) + target


def plain(folder: Path) -> str:
    """A path that may stand in a command of the configuration. Raises `PostgresError` for one with special signs."""
    if not _PLAIN.fullmatch(str(folder)):
        raise PostgresError(f"The archive's path may not hold quotes, %, $, ` or \\: {folder}")
    return str(folder)


def archiving(folder: Path | None, account: Account) -> str:
    """The settings that archive the log into a folder, which is made where it is missing; None: empty.

    Raises `PostgresError` where the server's user can't write there.
    """
    if folder is None:
        return ""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        account.make_folder(folder)
    if not account.can("-w", folder):
        raise PostgresError(f"User {account.name}, who runs the database, can't write to the archive {folder}")
    return _ARCHIVE.format(folder=plain(folder))


def put_back(places: Places, account: Account, origin: Origin) -> None:
    """Copies a base backup to where the cluster belongs, set for its recovery; it appears there only when complete."""
    if origin.archive is not None and not account.can("-r", origin.archive):
        raise PostgresError(f"User {account.name}, who runs the database, can't read the archive {origin.archive}")
    if places.unfinished.exists():
        shutil.rmtree(places.unfinished)
    account.run(["/bin/mkdir", "-m", "700", str(places.unfinished)])
    _copy(origin.base, places.unfinished, account)
    if settings := origin.configuration():
        account.write(places.unfinished / "conf.d" / CONFIGURATION, settings)
        account.write(places.unfinished / "recovery.signal", "")
    shutil.copyfile(origin.passwords, places.passwords)
    places.passwords.chmod(0o600)
    places.unfinished.rename(places.data)


def _copy(source: Path, target: Path, account: Account) -> None:
    """Copies a tree: we read it, and the server's user writes it."""
    command = ["tar", "-x", "-p", "-f", "-", "-C", str(target)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/", env=environment(), **account.identity()
    )
    assert process.stdin is not None
    try:
        with tarfile.open(fileobj=process.stdin, mode="w|") as archive:
            for path in sorted(source.iterdir()):
                archive.add(path, path.name, filter=_nobodys)
    except BrokenPipeError:
        pass  # tar says why
    _output, errors = process.communicate()
    if process.returncode:
        raise PostgresError(f"The cluster can't be put back: {errors.decode(errors='replace').strip()}")


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """An entry whose owner is whoever unpacks it, and that nobody else reads."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o700 if member.isdir() else 0o600
    return member


def end_recovery(places: Places, account: Account) -> None:
    """Takes the settings of a recovery away when it is over."""
    account.run(["/bin/rm", "-f", str(places.data / "conf.d" / CONFIGURATION)])


def give_up(places: Places) -> None:
    """Takes a cluster away whose recovery failed."""
    shutil.rmtree(places.data, ignore_errors=True)
    places.passwords.unlink(missing_ok=True)
