"""People at their stations as the server sees them: a session each, one request after another over one connection."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import httpx
import orjson

from xinglin.operations.hospital import PASSWORD

Json = dict[str, Any]

IDLE = 3.0
"""Seconds after which a connection is made anew: the server ends those on which nothing is asked for five."""


class BadAnswer(Exception):
    """A request that should have succeeded did not; the text has its answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:500]}")
        self.status = status


@dataclass
class Times:
    """How long requests took, in seconds: `commands` change something, `views` look."""

    commands: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    views: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


class Person:
    """Somebody of staff who is signed in. Requests of one person wait for each other; that wait is not counted."""

    def __init__(self, base: str, login: str, times: Times) -> None:
        self._address = urlsplit(base)
        self._base = base
        self._login = login
        self._times = times
        self._lock = asyncio.Lock()

    async def sign_in(self) -> Self:
        """Opens a session and the connection."""
        async with httpx.AsyncClient(base_url=self._base, timeout=30) as client:
            answer = await client.post("/api/session", json={"login": self._login, "password": PASSWORD})
            token = answer.raise_for_status().json()["token"]
        self._head = f"Host: {self._address.netloc}\r\nAuthorization: Bearer {token}\r\n"
        await self._connect()
        return self

    async def _connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(
            self._address.hostname, self._address.port, limit=2**22
        )
        self._used = time.perf_counter()

    async def do(self, command: str, **values: Any) -> Json:
        """Runs a command and returns the resource it is about."""
        body = orjson.dumps(values)
        head = f"POST /api/commands/{command} HTTP/1.1\r\n{self._head}Content-Type: application/json\r\n"
        answer = await self._asked(
            f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body, self._times.commands[command]
        )
        resource: Json = answer["resource"]
        return resource

    async def rows(self, view: str, **values: Any) -> list[Json]:
        """Rows of a view."""
        query = f"?{urlencode(values)}" if values else ""
        request = f"GET /api/views/{view}{query} HTTP/1.1\r\n{self._head}\r\n"
        rows: list[Json] = (await self._asked(request.encode(), self._times.views[view]))["rows"]
        return rows

    async def _asked(self, request: bytes, times: list[float]) -> Json:
        async with self._lock:
            if time.perf_counter() - self._used > IDLE:
                self._writer.close()
                await self._connect()
            begun = time.perf_counter()
            self._writer.write(request)
            head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            body = await self._reader.readexactly(length)
            self._used = time.perf_counter()
            times.append(self._used - begun)
        status = int(head[9:12])
        if status >= httpx.codes.BAD_REQUEST:
            raise BadAnswer(status, body.decode(errors="replace"))
        answer: Json = orjson.loads(body)
        return answer

    async def leave(self) -> None:
        """Ends the connection."""
        self._writer.close()
        await self._writer.wait_closed()
