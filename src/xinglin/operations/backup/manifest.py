"""What a backup holds: its files with their hashes, and of each table the number of rows and a hash of the content."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import orjson

NAME = "manifest.json"
FORM = 1
"""The number of this form of a manifest."""


class BackupError(Exception):
    """A backup can't be made, is not whole, or can't be restored; the message says why and what is accepted."""


@dataclass(frozen=True)
class Table:
    """A table: its rows, and a hash of their content that does not depend on their order."""

    rows: int
    digest: str


@dataclass(frozen=True)
class File:
    """A file: bytes, and SHA-256 in hexadecimal digits."""

    size: int
    digest: str


@dataclass(frozen=True)
class Manifest:
    """The list that makes a folder a backup; it is written last. `kind`: `dump` or `base`."""

    kind: str
    made: str
    program: str
    server: int
    tables: dict[str, Table] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    migrations: list[tuple[str, str, str]] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)
    form: int = FORM

    def write(self, folder: Path) -> None:
        """Writes the manifest into a backup."""
        (folder / NAME).write_bytes(orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def described(
    kind: str,
    server: int,
    tables: dict[str, Table] | None = None,
    sequences: dict[str, int] | None = None,
    migrations: list[tuple[str, str, str]] | None = None,
) -> Manifest:
    """The manifest of a backup that is made now, without its files."""
    try:
        program = version("xinglin")
    except PackageNotFoundError:
        program = "development"
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return Manifest(kind, made, program, server, tables or {}, sequences or {}, migrations or [])


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises `BackupError` where the folder is none."""
    try:
        held = orjson.loads((folder / NAME).read_bytes())
        if held["form"] != FORM:
            raise BackupError(
                f"{folder} was made by another version of Xinglin: its form is {held['form']}, not {FORM}"
            )
        return Manifest(
            **{
                **held,
                "tables": {name: Table(**table) for name, table in held["tables"].items()},
                "files": {name: File(**file) for name, file in held["files"].items()},
                "migrations": [tuple(step) for step in held["migrations"]],
            }
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackupError(
            f"{folder} is no complete backup: its {NAME} can't be read ({type(error).__name__})"
        ) from None


def hashed(path: Path) -> File:
    """Size and hash of a file."""
    with path.open("rb") as file:
        return File(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def listed(folder: Path) -> dict[str, File]:
    """All files of a backup but its manifest, by their path within it."""
    return {path.relative_to(folder).as_posix(): hashed(path) for path in _files(folder)}


def faults(folder: Path, manifest: Manifest) -> list[str]:
    """What is wrong with the files of a backup, a line for each."""
    found = listed(folder)
    said = [f"{name} is missing" for name in sorted(manifest.files.keys() - found.keys())]
    said += [f"{name} does not belong to it" for name in sorted(found.keys() - manifest.files.keys())]
    changed = (name for name in sorted(manifest.files.keys() & found.keys()) if manifest.files[name] != found[name])
    return said + [f"{name} was changed or is damaged" for name in changed]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / NAME:
            yield path
