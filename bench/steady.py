"""A steady load: so many requests per second over some connections, whether the server keeps up or not.

A request's time counts from the moment when it was due. So a server that stumbles is charged for those that had to
wait, which a client that sends the next request only after the last answer never sees.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvloop

from bench.load import CONNECTIONS


@dataclass(frozen=True)
class Steady:
    """What came back: answers per second, the median and the 95th percentile in ms."""

    rate: float
    p50: float
    p95: float


def steady(base: str, token: str, paths: Sequence[str], rate: int, seconds: float) -> Steady:
    """GETs `paths` at a steady rate. Raises `RuntimeError` for an answer that is no 200."""
    return uvloop.run(_steady(base, token, paths, rate, seconds))


async def _steady(base: str, token: str, paths: Sequence[str], rate: int, seconds: float) -> Steady:
    address = urlsplit(base)
    begun = time.perf_counter() + 0.1
    count = int(rate * seconds)
    head = f"Host: {address.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n"
    texts = [f"GET {path} HTTP/1.1\r\n{head}".encode() for path in paths]

    async def connection(first: int) -> list[float]:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        times = []
        for number in range(first, count, CONNECTIONS):
            due = begun + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(texts[number % len(texts)])
            await _answer(reader)
            times.append(time.perf_counter() - due)
        writer.close()
        return times

    taken = await asyncio.gather(*(connection(first) for first in range(CONNECTIONS)))
    times = sorted(each for several in taken for each in several)
    return Steady(
        len(times) / (time.perf_counter() - begun),
        statistics.median(times) * 1000,
        times[len(times) * 95 // 100] * 1000,
    )


async def _answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(head.split(b"\r\n")[0].decode())
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    await reader.readexactly(length)
