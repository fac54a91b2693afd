"""PostgreSQL's own programs, run beside the event loop."""

import asyncio
import os
from pathlib import Path

from xinglin.operations.backup.manifest import BackupError
from xinglin.platform.postgres import PostgresError, binaries


def program(name: str, server: int) -> Path:
    """A program such as `pg_dump`, of the server's own version (150003: 15) where it is here, else of the newest.

    Raises `BackupError` where there is none.
    """
    try:
        found = binaries.find(server // 10000)
    except PostgresError:
        found = binaries.find()
    path = found.bin / name
    if not path.is_file():
        raise BackupError(f"{name} is not in {found.bin}; install PostgreSQL's client programs")
    return path


async def run(path: Path, *arguments: str, secrets: dict[str, str] | None = None) -> str:
    """Runs a program to its end and gives what it printed. Raises `BackupError` with what it said where it fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    process = await asyncio.create_subprocess_exec(
        str(path),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**kept, "LC_ALL": "C", **(secrets or {})},
    )
    try:
        output, errors = await process.communicate()
    except BaseException:
        process.terminate()
        await process.wait()
        raise
    if process.returncode:
        raise BackupError(f"{path.name} failed: {errors.decode(errors='replace').strip()[-2000:]}")
    return output.decode(errors="replace")
