"""`$import` as a caller meets it: NDJSON by HTTP, carried out by a worker, asked for until it is complete."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from bench.multiply import MARK, originals


def ndjson(files: Sequence[Path], copies: int) -> bytes:
    """The resources of bundles, `copies` times, each copy with ids of its own."""
    contents = [one.row.content() for one in originals(files)]
    return "\n".join(text.replace(MARK, f"xi{copy:06x}") for copy in range(copies) for text in contents).encode()


def import_rate(base: str, token: str, environment: dict[str, str], body: bytes) -> float:
    """Resources per second, from the request to the end of the job, with one worker that runs already."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+ndjson", "Prefer": "respond-async"}
    with tempfile.TemporaryFile() as log, httpx.Client(base_url=base, headers=headers, timeout=60) as client:
        command = [sys.executable, "-m", "xinglin", "worker"]
        worker = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log)
        try:
            _import(client, b'{"resourceType": "Basic", "id": "first", "code": {"text": "is the worker there?"}}')
            started = time.perf_counter()
            accepted = _import(client, body)
            return accepted / (time.perf_counter() - started)
        finally:
            worker.terminate()
            worker.wait(30)


def _import(client: httpx.Client, body: bytes) -> int:
    """Imports, and waits for the end of it; how many resources were accepted. Raises where not all were."""
    status = client.post("/fhir/$import", content=body).raise_for_status().headers["content-location"]
    while (answer := client.get(status)).status_code == 202:
        time.sleep(0.1)
    found = {p["name"]: next(v for k, v in p.items() if k != "name") for p in answer.json()["parameter"]}
    if found["status"] != "completed" or found["refused"]:
        raise RuntimeError(f"the import ended as {found}")
    return int(found["accepted"])
