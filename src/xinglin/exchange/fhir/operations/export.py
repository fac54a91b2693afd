"""`$export` of everything, of all patients, or of a group (FHIR Bulk Data Access 2.0), with its status and files."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from starlette.responses import FileResponse, JSONResponse, Response

from xinglin.exchange.fhir import deidentifying, responses
from xinglin.exchange.fhir.bulk.exporting import export, members
from xinglin.exchange.fhir.operations.registry import EXPORT, INSTANCE, SYSTEM, TYPE, Call, Operation
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest, FhirError, NotFound
from xinglin.fhir.search.dates import span
from xinglin.fhir.types import Resource
from xinglin.platform import background, jobs

FORMATS = (None, "application/fhir+ndjson", "application/ndjson", "ndjson")
_FILE = re.compile(r"[A-Za-z]+\.[0-9]+\.ndjson")
_PROJECT = re.compile(r"[A-Za-z0-9_\-]{1,40}")
_DEFINITIONS = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/"


class ExportFailed(FhirError):
    """The export ended without files."""

    status, code = 500, "exception"


def _begin(level: str) -> Callable[[Call], Awaitable[Response]]:
    async def handle(call: Call) -> Response:
        """Enqueues an export, and tells where its status is."""
        if "respond-async" not in call.request.headers.get("prefer", ""):
            raise BadRequest("An export is only done in the background: send Prefer: respond-async")
        format = call.inputs.text("_outputFormat")
        if (format or "").replace(" ", "+") not in [each or "" for each in FORMATS]:
            raise BadRequest(f"_outputFormat={format} is not supported; accepted is application/fhir+ndjson")
        inputs = {"level": level, "_type": ",".join(_types(call)), "_since": _since(call), "group": call.id or ""}
        inputs["_deidentify"] = _project(call)
        if call.id:
            await call.repository.read("Group", call.id)
        task = await background.create(call.repository, background.EXPORT, {**inputs, "request": str(call.request.url)})
        await jobs.enqueue(call.repository.connection, export, id=task["id"])
        return Response(status_code=202, headers={"Content-Location": _status_url(call, task["id"])})

    return handle


def _status_url(call: Call, id: str) -> str:
    return f"{responses.base_url(call.request)}$export-status?task={id}"


def _types(call: Call) -> list[str]:
    names = [name for value in call.inputs.all("_type") for name in str(value).split(",") if name]
    if unknown := [name for name in names if name not in resource_types()]:
        raise BadRequest(f"_type: {', '.join(unknown)} is not a resource type of FHIR R4")
    return names


def _project(call: Call) -> str:
    project = call.inputs.text("_deidentify")
    if project is not None and not _PROJECT.fullmatch(project):
        text = "accepted is the name of a project, of up to 40 letters, digits, - and _; each has pseudonyms of its own"
        raise BadRequest(f"_deidentify={project}: {text}")
    if project and (unknown := [name for name in _types(call) if name not in deidentifying.TYPES]):
        text = f"accepted are {', '.join(sorted(deidentifying.TYPES))}"
        raise BadRequest(f"_type: {', '.join(unknown)} is not exported without names; {text}")
    return project or ""


def _since(call: Call) -> str:
    text = call.inputs.text("_since")
    try:
        return "" if text is None else span(text.replace(" ", "+"), call.repository.zone).low.isoformat()
    except ValueError as error:
        raise BadRequest(f"_since: {error}; accepted is 2026-11-23T08:30:00+08:00") from error


async def status(call: Call) -> Response:
    """How far an export is: 202 while it runs, then the manifest of its files. DELETE cancels it."""
    id = call.inputs.needed("task")
    if call.request.method == "DELETE":
        task = await background.read(call.repository, background.EXPORT, id)
        if (
            not await background.move(call.repository, background.EXPORT, id, "cancelled", [])
            and task["status"] == "cancelled"
        ):
            raise NotFound(f"The export {id} is cancelled already")
        return Response(status_code=202)
    task = await background.read(call.repository, background.EXPORT, id)
    match task["status"]:
        case "completed":
            return JSONResponse(_manifest(call, task), headers={"Cache-Control": "no-store"})
        case "cancelled":
            raise NotFound(f"The export {id} is cancelled")
        case "failed":
            raise ExportFailed(task["statusReason"]["text"])
    progress = background.progress(task)
    said = f"{task['status']}, {progress.done} of {progress.total} types" if progress else task["status"]
    return Response(status_code=202, headers={"X-Progress": said, "Retry-After": "5"})


def _manifest(call: Call, task: Resource) -> dict[str, object]:
    files = [(item["type"]["coding"][0]["code"], int(item["valueString"])) for item in task.get("output", ())]
    base = f"{responses.base_url(call.request)}$export-file?task={task['id']}&name="
    return {
        "transactionTime": background.transaction_time(task).isoformat(),
        "request": background.value(task, "request"),
        "requiresAccessToken": True,
        "output": [{"type": name.partition(".")[0], "url": base + name, "count": count} for name, count in files],
        "error": [],
    }


async def file(call: Call) -> Response:
    """One file of an export that is complete."""
    task, name = (
        await background.read(call.repository, background.EXPORT, call.inputs.needed("task")),
        call.inputs.needed("name"),
    )
    path = call.files / task["id"] / name
    if task["status"] != "completed" or not _FILE.fullmatch(name) or not path.is_file():
        raise NotFound(f"The export {task['id']} has no file {name}")
    call.also_shows(await asyncio.to_thread(members, call.files / task["id"]))
    return FileResponse(path, media_type="application/fhir+ndjson")


_PARAMETERS = ("_deidentify", "_outputFormat", "_since", "_type")
EXPORTS = (
    Operation(
        "export", (SYSTEM,), _begin("system"), EXPORT, frozenset(), _PARAMETERS, bulk=True,
        definition=f"{_DEFINITIONS}export",
    ),
    Operation(
        "export", (TYPE,), _begin("patient"), EXPORT, frozenset({"Patient"}), _PARAMETERS, bulk=True,
        definition=f"{_DEFINITIONS}patient-export",
    ),
    Operation(
        "export", (INSTANCE,), _begin("group"), EXPORT, frozenset({"Group"}), _PARAMETERS, bulk=True,
        definition=f"{_DEFINITIONS}group-export",
    ),
    Operation(
        "export-status", (SYSTEM,), status, EXPORT, frozenset(), ("task",), bulk=True, methods=("GET", "DELETE"),
        definition="urn:xinglin:operation:export-status",
    ),
    Operation(
        "export-file", (SYSTEM,), file, EXPORT, frozenset(), ("task", "name"), bulk=True, methods=("GET",),
        definition="urn:xinglin:operation:export-file",
    ),
)  # fmt: skip
