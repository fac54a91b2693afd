"""`$reindex`: makes anew what resources are found by, while the store is in use. R4 defines no such operation."""

from xinglin.exchange.fhir.operations.parameters import outputs, parts
from xinglin.exchange.fhir.operations.registry import SYSTEM, TYPE, WRITE, Call, Operation
from xinglin.fhir.types import Resource
from xinglin.platform import background
from xinglin.store.reindexing import reindex_status, start_reindex


async def start(call: Call) -> Resource:
    """Notes that a type, or everything, is to be indexed anew, which workers then do; gives the number of the run."""
    run = await start_reindex(call.repository.connection, now=call.repository.now, type=call.type)
    if run is not None:
        inputs = {background.RUN: str(run), "_type": call.type or ""}
        await background.create(call.repository, background.REINDEX, inputs)
    return outputs(("run", "valueInteger", run))


async def status(call: Call) -> Resource:
    """All runs: how many resources are done, and when a run ended."""
    runs = await reindex_status(call.repository.connection)
    return outputs(
        *(
            (
                "run",
                "part",
                parts(
                    ("number", "valueInteger", run.id),
                    ("type", "valueCode", run.type),
                    ("started", "valueInstant", run.started.isoformat()),
                    ("finished", "valueInstant", run.finished.isoformat() if run.finished else None),
                    ("done", "valueInteger", run.done),
                    ("total", "valueInteger", run.total),
                ),
            )
            for run in runs
        )
    )


REINDEX = Operation("reindex", (SYSTEM, TYPE), start, WRITE, changes=True, definition="urn:xinglin:operation:reindex")
REINDEX_STATUS = Operation("reindex-status", (SYSTEM,), status, definition="urn:xinglin:operation:reindex-status")
