"""The state of an export or import is a Task resource: what was asked for, how far it is, what came out.

It is the house's own, and told only to whoever asked for it.
"""

from datetime import datetime
from typing import Any

from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.store.repository import Repository

SYSTEM = "urn:xinglin:cs:bulk"
EXPORT, IMPORT = "export", "import"
ACCOUNT = "account"
"""The input that tells whose task it is."""
ENDED = frozenset({"completed", "failed", "cancelled"})
"""Values of Task.status that do not change any more."""


async def create(repository: Repository, kind: str, inputs: dict[str, str], *, id: str | None = None) -> Resource:
    """A new task of a kind, with what was asked for and by which account."""
    inputs = {**inputs, ACCOUNT: repository.access.account if repository.access else ""}
    moment = repository.now.isoformat("T", "milliseconds")
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": _concept(kind),
        "authoredOn": moment,
        "input": [{"type": _concept(name), "valueString": value} for name, value in inputs.items() if value],
    }
    return await repository.unlimited().create({k: v for k, v in task.items() if v}, id=id)


async def read(repository: Repository, kind: str, id: str, *, lock: bool = False) -> Resource:
    """A task of a kind, that the caller asked for. Raises `NotFound`, `Gone`."""
    task = await repository.unlimited().read("Task", id, lock=lock)
    codings = (task.get("code") or {}).get("coding") or ()
    ours = any(coding.get("system") == SYSTEM and coding.get("code") == kind for coding in codings)
    # An id such as .. is good FHIR, and would lead a file's path astray.
    own = repository.access is None or value(task, ACCOUNT) in (None, repository.access.account)
    if not ours or not own or "." in id:
        raise NotFound(f"Task/{id} is no {kind}")
    return task


def value(task: Resource, name: str) -> str | None:
    """What was asked for under a name."""
    return next((item["valueString"] for item in task.get("input", ()) if _name(item) == name), None)


def outputs(task: Resource, name: str) -> list[Any]:
    """What came out under a name."""
    return [item["valueString"] for item in task.get("output", ()) if _name(item) == name]


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
    task["status"] = status
    task["lastModified"] = repository.now.isoformat("T", "milliseconds")
    if output is not None:
        task.pop("output", None)
        task |= {"output": [{"type": _concept(n), "valueString": v} for n, v in output]} if output else {}
    if reason:
        task["statusReason"] = {"text": reason}
    await repository.unlimited().update(task)
    return True


def transaction_time(task: Resource) -> datetime:
    """When a task was asked for."""
    return datetime.fromisoformat(task["authoredOn"])


def _concept(code: str) -> Resource:
    return {"coding": [{"system": SYSTEM, "code": code}]}


def _name(item: Resource) -> str:
    return str(item["type"]["coding"][0]["code"])
