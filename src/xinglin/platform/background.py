"""Work in the background that somebody asked for: an export, an import, an indexing (ADR 61).

Its state is a Task resource: what was asked for and by whom, how far it is, what came out. It is the house's own, and
told only to whoever asked for it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.store.repository import Repository

SYSTEM = "urn:xinglin:cs:bulk"
EXPORT, IMPORT, REINDEX = "export", "import", "reindex"
KINDS = (EXPORT, IMPORT, REINDEX)
ACCOUNT = "account"
"""The input that tells whose task it is."""
OWNER = "urn:xinglin:id:account"
"""The system of the identifier by which the tasks of an account are found."""
ENDED = frozenset({"completed", "failed", "cancelled"})
"""Values of Task.status that do not change any more, but by `reopen`."""
SEEN = "seen"
"""The Task.businessStatus of one whose owner has noticed that it ended."""
RUN = "run"
"""The input with the number of an indexing's run."""
DONE, TOTAL = "done", "total"
"""The outputs that tell how far it is; the total is absent where it is not known."""


@dataclass(frozen=True)
class Progress:
    """How far work is, in a unit of its own: bytes of an import, types of an export, resources of an indexing."""

    done: int
    total: int | None

    @property
    def percent(self) -> int | None:
        """Per cent, 0 to 100; None where the total is not known."""
        return min(100, 100 * self.done // self.total) if self.total else None


async def create(repository: Repository, kind: str, inputs: dict[str, str], *, id: str | None = None) -> Resource:
    """A new task of a kind, with what was asked for and by which account."""
    account = repository.access.account if repository.access else ""
    inputs = {**inputs, ACCOUNT: account}
    task = {
        "resourceType": "Task",
        "identifier": [{"system": OWNER, "value": account}] if account else None,
        "status": "requested",
        "intent": "order",
        "code": concept(kind),
        "authoredOn": _moment(repository),
        "input": [{"type": concept(name), "valueString": value} for name, value in inputs.items() if value],
    }
    return await repository.unlimited().create({k: v for k, v in task.items() if v}, id=id)


async def read(repository: Repository, kind: str, id: str, *, lock: bool = False) -> Resource:
    """A task of a kind, that the caller asked for. Raises `NotFound`, `Gone`."""
    task = await repository.unlimited().read("Task", id, lock=lock)
    # An id such as .. is good FHIR, and would lead a file's path astray.
    own = repository.access is None or value(task, ACCOUNT) in (None, repository.access.account)
    if kind_of(task) != kind or not own or "." in id:
        raise NotFound(f"Task/{id} is no {kind}")
    return task


async def of_account(repository: Repository, account: str, *, unseen: bool = False, limit: int = 50) -> list[Resource]:
    """What an account asked for, the newest first; with `unseen` only what has ended since it last looked."""
    query = [("identifier", f"{OWNER}|{account}"), ("code", ",".join(f"{SYSTEM}|{kind}" for kind in KINDS))]
    if unseen:
        query += [("status", ",".join(sorted(ENDED))), ("business-status:missing", "true")]
    # What somebody asked for is told to them, whatever else they may see.
    found = await repository.unlimited().search("Task", [*query, ("_sort", "-authored-on"), ("_count", str(limit))])
    return list(found.resources)


async def going_on(repository: Repository, kind: str) -> list[Resource]:
    """All tasks of a kind that have not ended."""
    query = [("code", f"{SYSTEM}|{kind}"), ("status", "requested,in-progress"), ("_count", "100")]
    return list((await repository.unlimited().search("Task", query)).resources)


def kind_of(task: Resource) -> str | None:
    """Which kind of work a task is for; None for a task of others."""
    codings = (task.get("code") or {}).get("coding") or ()
    return next((coding.get("code") for coding in codings if coding.get("system") == SYSTEM), None)


def value(task: Resource, name: str) -> str | None:
    """What was asked for under a name."""
    return next((item["valueString"] for item in task.get("input", ()) if _name(item) == name), None)


def outputs(task: Resource, name: str) -> list[Any]:
    """What came out under a name."""
    return [item["valueString"] for item in task.get("output", ()) if _name(item) == name]


def progress(task: Resource) -> Progress | None:
    """How far a task is; None before it is known."""
    done, total = ((outputs(task, name) or [None])[-1] for name in (DONE, TOTAL))
    return None if done is None else Progress(int(done), int(total) if total is not None else None)


def made(done: int, total: int | None) -> list[tuple[str, str]]:
    """How far something is, as outputs of its task."""
    return [(DONE, str(done)), *([(TOTAL, str(total))] if total is not None else [])]


async def move(
    repository: Repository,
    kind: str,
    id: str,
    status: str,
    output: list[tuple[str, str]] | None = None,
    reason: str = "",
) -> bool:
    """Brings a task into a status; False where it has ended already, as when somebody cancelled it."""
    task = await read(repository, kind, id, lock=True)
    if task["status"] in ENDED:
        return False
    task |= {"status": status, "lastModified": _moment(repository)}
    if output is not None:
        task.pop("output", None)
        task |= {"output": [{"type": concept(n), "valueString": v} for n, v in output]} if output else {}
    if reason:
        task["statusReason"] = {"text": reason}
    await repository.unlimited().update(task)
    return True


async def reopen(repository: Repository, kind: str, id: str) -> None:
    """Lets a task that failed be done again."""
    task = await repository.unlimited().read("Task", id, lock=True)
    if kind_of(task) == kind and task["status"] == "failed":
        task |= {"status": "requested", "lastModified": _moment(repository)}
        for name in ("statusReason", "businessStatus"):
            task.pop(name, None)
        await repository.unlimited().update(task)


async def noticed(repository: Repository, kind: str, id: str) -> None:
    """Notes that whoever asked for it has seen that it ended."""
    task = await read(repository, kind, id, lock=True)
    if task["status"] in ENDED:
        await repository.unlimited().update({**task, "businessStatus": concept(SEEN)})


def transaction_time(task: Resource) -> datetime:
    """When a task was asked for."""
    return datetime.fromisoformat(task["authoredOn"])


def moment_of(text: str) -> datetime:
    """A moment as a task holds it."""
    return datetime.fromisoformat(text)


def concept(code: str) -> Resource:
    """A CodeableConcept of the house's own code."""
    return {"coding": [{"system": SYSTEM, "code": code}]}


def _moment(repository: Repository) -> str:
    return repository.now.isoformat("T", "milliseconds")


def _name(item: Resource) -> str:
    return str(item["type"]["coding"][0]["code"])
