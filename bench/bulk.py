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
    """Resources per second, from the request to the end of the job, with one worker."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+ndjson", "Prefer": "respond-async"}
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, "-m", "xinglin", "worker"]
        worker = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log)
        try:
            started = time.perf_counter()
            begun = httpx.post(f"{base}/fhir/$import", content=body, headers=headers, timeout=60).raise_for_status()
            status = begun.headers["content-location"]
            while (answer := httpx.get(status, headers=headers, timeout=60)).status_code == 202:
                time.sleep(0.1)
            found = {p["name"]: next(v for k, v in p.items() if k != "name") for p in answer.json()["parameter"]}
            if found["status"] != "completed" or found["refused"]:
                raise RuntimeError(f"the import ended as {found}")
            return float(found["accepted"] / (time.perf_counter() - started))
        finally:
            worker.terminate()
            worker.wait(30)
