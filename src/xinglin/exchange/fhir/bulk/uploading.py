"""Takes what is sent along with an import onto the disk, piece by piece."""

import asyncio
import shutil
from pathlib import Path

from starlette.requests import Request

from xinglin.exchange.fhir import formats, requests
from xinglin.fhir.outcome import BadRequest
from xinglin.store.writing import new_id

MEDIA_TYPES = ("application/fhir+ndjson", "application/ndjson", "application/x-ndjson")
LIMIT = 16 * 1024**3
"""Bytes of one upload at most."""

FILE = "input.ndjson"
"""The name of what was sent, in a folder with a name of its own."""


async def upload(request: Request, folder: Path) -> str:
    """Writes the body of a request to a new folder below `folder`, and gives its name.

    Raises `UnsupportedMediaType`, `TooLarge`, and `BadRequest` for an empty body; nothing is left then.
    """
    media = formats.plain(request.headers.get("content-type"))
    if media not in MEDIA_TYPES:
        raise formats.UnsupportedMediaType(f"{media!r} is not read here; accepted are {', '.join(MEDIA_TYPES)}")
    name = new_id()
    place = folder / name
    place.mkdir(parents=True, mode=0o700)
    try:
        if not await _write(request, place / FILE):
            raise BadRequest("The body is empty; one resource a line is expected", code="required")
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return name


async def _write(request: Request, path: Path) -> int:
    size = 0
    with path.open("wb") as file:
        async for part in request.stream():
            size += len(part)
            if size > LIMIT:
                raise requests.TooLarge(f"The body has more than {LIMIT:,} bytes, the most that is accepted")
            await asyncio.to_thread(file.write, part)
    return size
