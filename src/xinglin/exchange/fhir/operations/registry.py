"""What an operation is, and how it is called: each is declared in a module of its own and listed in `OPERATIONS`."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from xinglin.exchange.fhir.operations.parameters import Inputs
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.store.repository import Repository

READ, WRITE, EXPUNGE = "fhir.read", "fhir.write", "fhir.expunge"
EXPORT, IMPORT = "fhir.export", "fhir.import"
"""The permissions that operations ask for."""

SYSTEM, TYPE, INSTANCE = "system", "type", "instance"
"""Where an operation may be called: at `/$name`, at `/Type/$name`, at `/Type/id/$name`."""


ALSO_SHOWN = "also_shown"
"""Where a request keeps the patients whom its answer shows although they can't be found in it, such as a file's."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: on a type or an instance, or on neither."""

    request: Request
    repository: Repository
    type: str | None
    id: str | None
    inputs: Inputs
    folder: Path | None = None
    """Where the files of bulk operations are."""
    upload: str | None = None
    """The name, below the folder, of the folder with what was sent along."""

    @property
    def files(self) -> Path:
        """The folder for files, which every `bulk` operation has."""
        assert self.folder is not None
        return self.folder

    def also_shows(self, patients: Iterable[str]) -> None:
        """Tells whoever keeps the record of the patients in an answer that is not looked into."""
        setattr(self.request.state, ALSO_SHOWN, tuple(patients))


Handler: TypeAlias = Callable[[Call], Awaitable[Resource | Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation. `types` empty: all of them. `parameters` are the input parameters that it takes.

    `changes` tells that it changes what is stored and so is called by POST only (OperationDefinition.affectsState).
    `bulk` tells that it needs a folder for files; `uploads` that its body goes into one.
    """

    name: str
    levels: tuple[str, ...]
    handler: Handler
    permission: str = READ
    types: frozenset[str] = frozenset()
    parameters: tuple[str, ...] = ()
    changes: bool = False
    bulk: bool = False
    uploads: bool = False
    methods: tuple[str, ...] = ("GET", "POST")
    definition: str = ""
    """The canonical URL of the OperationDefinition; where it is empty, the one of R4 with this name."""

    def fits(self, type: str | None, id: str | None) -> bool:
        """Whether it may be called there."""
        level = INSTANCE if id else TYPE if type else SYSTEM
        return level in self.levels and (not self.types or type is None or type in self.types)

    def canonical(self, type: str | None) -> str:
        """The canonical URL of its definition, as it is called on a type."""
        if self.definition:
            return self.definition
        kind = type if type in self.types else "Resource"
        return f"http://hl7.org/fhir/OperationDefinition/{kind}-{self.name}"


def find(operations: Sequence[Operation], name: str, type: str | None, id: str | None) -> Operation:
    """The operation with this name that may be called there. Raises `NotFound` that lists those that may."""
    for operation in operations:
        if operation.name == name and operation.fits(type, id):
            return operation
    path = "/".join(part for part in (type, id) if part)
    there = ", ".join(f"${each.name}" for each in operations if each.fits(type, id)) or "none"
    raise NotFound(f"There is no ${name} at /{path}; there are: {there}", code="not-supported")
