"""`$import`: many resources as NDJSON, stored in the background. R4 defines no such operation."""

from starlette.responses import FileResponse, Response

from xinglin.exchange.fhir import responses
from xinglin.exchange.fhir.bulk.importing import ERRORS, import_
from xinglin.exchange.fhir.operations.parameters import outputs
from xinglin.exchange.fhir.operations.registry import IMPORT, SYSTEM, Call, Operation
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.platform import background, jobs


async def begin(call: Call) -> Response:
    """Enqueues the import of the body, one resource a line, each with its id; tells where its status is."""
    assert call.upload is not None
    await background.create(call.repository, background.IMPORT, {}, id=call.upload)
    await jobs.enqueue(call.repository.connection, import_, id=call.upload)
    location = f"{responses.base_url(call.request)}$import-status?task={call.upload}"
    return Response(status_code=202, headers={"Content-Location": location})


async def status(call: Call) -> Resource | Response:
    """How many lines were accepted and refused so far; 202 while the import runs. DELETE cancels it, which keeps what
    was written."""
    id = call.inputs.needed("task")
    if call.request.method == "DELETE":
        await background.read(call.repository, background.IMPORT, id)
        await background.move(call.repository, background.IMPORT, id, "cancelled")
        return Response(status_code=202)
    task = await background.read(call.repository, background.IMPORT, id)
    counts = {name: int((background.outputs(task, name) or ["0"])[-1]) for name in ("accepted", "refused")}
    done = outputs(
        ("status", "valueCode", task["status"]),
        *((name, "valueInteger", count) for name, count in counts.items()),
        ("errors", "valueUri", f"{responses.base_url(call.request)}$import-errors?task={id}"),
    )
    if task["status"] in background.ENDED:
        return responses.answer(call.request, done, 200)
    answer = responses.answer(call.request, done, 202)
    progress = background.progress(task)
    read = f", {progress.percent} % read" if progress and progress.percent is not None else ""
    answer.headers["X-Progress"] = f"{task['status']}{read}, {counts['accepted'] + counts['refused']} resources"
    answer.headers["Retry-After"] = "5"
    return answer


async def errors(call: Call) -> Response:
    """An OperationOutcome for each line that was refused, as NDJSON."""
    task = await background.read(call.repository, background.IMPORT, call.inputs.needed("task"))
    path = call.files / task["id"] / ERRORS
    if task["status"] != "completed" or not path.is_file():
        raise NotFound(f"The import {task['id']} is not complete")
    return FileResponse(path, media_type="application/fhir+ndjson")


_NAMED = "urn:xinglin:operation:"
IMPORTS = (
    Operation(
        "import", (SYSTEM,), begin, IMPORT, changes=True, bulk=True, uploads=True, definition=f"{_NAMED}import",
    ),
    Operation(
        "import-status", (SYSTEM,), status, IMPORT, frozenset(), ("task",), bulk=True, methods=("GET", "DELETE"),
        definition=f"{_NAMED}import-status",
    ),
    Operation(
        "import-errors", (SYSTEM,), errors, IMPORT, frozenset(), ("task",), bulk=True, methods=("GET",),
        definition=f"{_NAMED}import-errors",
    ),
)  # fmt: skip
