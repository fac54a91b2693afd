"""Makes and configures a cluster: checksums, UTF-8, bytewise order, passwords, one role and one database of ours."""

import base64
import hashlib
import hmac
import os
import secrets
import shutil
from pathlib import Path

from xinglin.platform.postgres.account import Account
from xinglin.platform.postgres.binaries import Installation
from xinglin.platform.postgres.errors import PostgresError
from xinglin.platform.postgres.places import Places

ROLE = DATABASE = "xinglin"
_ACCESS = f"""\
# Written when the cluster was made. Nobody is trusted without a password; the superuser does not log in at all.
local  all          {ROLE}  scram-sha-256
local  replication  {ROLE}  scram-sha-256
"""
_CONFIGURATION = """\
# Written by Xinglin at each start. Settings of your own go into a later file of this folder, for example 90-local.conf.
listen_addresses = ''
unix_socket_permissions = 0700
password_encryption = scram-sha-256
max_connections = 200
shared_buffers = {buffers}MB
effective_cache_size = {cache}MB
work_mem = 8MB
maintenance_work_mem = 64MB
fsync = {durable}
synchronous_commit = {durable}
full_page_writes = {durable}
min_wal_size = 128MB
max_wal_size = 2GB
checkpoint_completion_target = 0.9
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
logging_collector = on
log_directory = {logs}
log_filename = 'postgresql-%d.log'
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] %q%u@%d %a '
# Values and details carry data of patients; the log must not. Our statements hold none, so slow ones may stand there.
log_min_duration_statement = 1000
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""


def make(places: Places, account: Account, installation: Installation, *, durable: bool) -> None:
    """Makes the cluster beside its place and moves it there when it is complete and (if `durable`) on disk."""
    if places.data.exists():
        raise PostgresError(
            f"{places.data} exists but holds no complete database. Xinglin does not delete what it did not make: "
            f"restore a backup there, or move the folder away to begin with an empty database."
        )
    if places.unfinished.exists():
        shutil.rmtree(places.unfinished)
    path = str(places.unfinished)
    account.run(
        [
            *(installation.program("initdb"), "--pgdata", path, "--username", "postgres"),
            *(
                "--encoding",
                "UTF8",
                "--locale",
                "C",
                "--data-checksums",
                "--auth-local",
                "peer",
                "--auth-host",
                "reject",
            ),
            *("--no-instructions", *(() if durable else ("--no-sync",))),
        ]
    )
    account.write(places.unfinished / "pg_hba.conf", _ACCESS)
    configuration = (places.unfinished / "postgresql.conf").read_text(encoding="utf-8")
    account.write(places.unfinished / "postgresql.conf", configuration + "\ninclude_dir = 'conf.d'\n")
    account.run(["/bin/mkdir", "-m", "700", str(places.unfinished / "conf.d")])
    role = f"CREATE ROLE {ROLE} LOGIN CREATEDB REPLICATION IN ROLE pg_monitor {_password(places)}"
    single_user(places.unfinished, account, installation, role, f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
    places.unfinished.rename(places.data)
    _sync(places.data.parent)


def complete(data: Path) -> bool:
    """Whether a cluster is there; only a complete one ever gets this name."""
    return (data / "PG_VERSION").is_file() and (data / "global" / "pg_control").is_file()


def major(data: Path) -> int | None:
    """The major version that made the cluster; None where there is none."""
    try:
        return int((data / "PG_VERSION").read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None


def single_user(data: Path, account: Account, installation: Installation, *statements: str) -> None:
    """Executes statements as the superuser while no server runs, each in a transaction of its own."""
    text = "".join(f"{statement};\n\n" for statement in statements)
    account.run(
        [installation.program("postgres"), "--single", "-j", "-D", str(data), "-c", "exit_on_error=true", "postgres"],
        text=text,
    )


def configure(places: Places, account: Account, *, durable: bool, archive: str = "") -> None:
    """Writes our settings into the cluster where they have changed; a hospital's own file in `conf.d` stays.

    `archive` are further settings, of the archive of the log.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    logs = str(places.logs).replace("\\", "\\\\").replace("'", "''")
    wanted = _CONFIGURATION.format(
        buffers=max(64, min(memory // 16, 1024)),
        cache=max(256, memory // 2),
        durable="on" if durable else "off",
        logs=f"'{logs}'",
    )
    wanted += archive
    path = places.data / "conf.d" / "10-xinglin.conf"
    if not path.is_file() or path.read_text(encoding="utf-8") != wanted:
        account.write(path, wanted)


def restore_password(places: Places, account: Account, installation: Installation) -> None:
    """Gives our role a new password where the password file was lost; the server must not be running."""
    single_user(places.data, account, installation, f"ALTER ROLE {ROLE} {_password(places)}")


def _password(places: Places) -> str:
    """Draws a password, writes the password file, and returns the SQL clause with its SCRAM verifier.

    The server's files and logs see the verifier only.
    """
    password = secrets.token_urlsafe(32)
    unfinished = places.passwords.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(f"*:*:*:{ROLE}:{password}\n")
    unfinished.replace(places.passwords)
    return f"PASSWORD '{scram_verifier(password)}'"


def scram_verifier(password: str, *, iterations: int = 4096) -> str:
    """A password as PostgreSQL stores it (RFC 5803; SCRAM-SHA-256 of RFC 7677). ASCII passwords only."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    client = hmac.digest(salted, b"Client Key", "sha256")
    server = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode() for part in (salt, hashlib.sha256(client).digest(), server)]
    return f"SCRAM-SHA-256${iterations}:{encoded[0]}${encoded[1]}:{encoded[2]}"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
