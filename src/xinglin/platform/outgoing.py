"""HTTP to receivers that somebody has named: to where it may go, no further, and not for ever.

A name is resolved once, and the connection goes to the very address that was looked at: so neither a name that points
into the house nor one that changes its mind leads there. Redirects are not followed, proxies of the environment not
asked, answers not read.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

from xinglin.platform import tracing
from xinglin.platform.deliveries import Undeliverable
from xinglin.platform.settings import Settings

Networks = Sequence[IPv4Network | IPv6Network]


class Outgoing:
    """Sends requests to receivers."""

    def __init__(self, client: httpx.AsyncClient, seconds: float, most: int) -> None:
        self._client = client
        self._seconds = seconds
        self._most = most

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Sends a request, and returns when the receiver has answered 2xx.

        Raises `Undeliverable` for every other answer, for none in time, for an address to which nothing may go, and
        for a body that is too large. Its text holds nothing of the URL, which may carry a secret.
        """
        if trace := tracing.current():
            headers = {**headers, tracing.TRACEPARENT: trace}
        if len(body) > self._most:
            raise Undeliverable(f"The body has {len(body):,} bytes; at most {self._most:,} are sent")
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream(method, url, headers=dict(headers), content=body) as answer,
            ):
                status = answer.status_code
        except TimeoutError:
            raise Undeliverable(f"No answer within {self._seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise Undeliverable(f"No connection: {type(error).__name__}") from None
        if not 200 <= status < 300:
            raise Undeliverable(f"The receiver answered {status}; 200 to 299 were expected")


@asynccontextmanager
async def outgoing(settings: Settings) -> AsyncIterator[Outgoing]:
    """The way out, as the settings limit it."""
    transport = _ToAllowed(settings.networks_of_receivers)
    client = httpx.AsyncClient(transport=transport, timeout=settings.delivery_seconds, trust_env=False)
    async with client:
        yield Outgoing(client, settings.delivery_seconds, settings.delivery_megabytes * 1024 * 1024)


class _ToAllowed(httpx.AsyncHTTPTransport):
    """Connects to addresses only to which something may go."""

    def __init__(self, networks: Networks) -> None:
        super().__init__(trust_env=False)
        self._networks = networks

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        port = request.url.port or {"http": 80, "https": 443}[request.url.scheme]
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(address[4][0]) for address in found]
        allowed = [address for address in addresses if permitted(address, self._networks)]
        if not allowed:
            raise Undeliverable("Nothing may go to this address; XINGLIN_DELIVERY_NETWORKS names networks of the house")
        # The header Host has been set by the name, and so is what the certificate is held against.
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=allowed[0])
        return await super().handle_async_request(request)


def permitted(address: str, networks: Networks) -> bool:
    """Whether something may go to an address: to public ones, and to those of the networks."""
    there = ip_address(address.partition("%")[0])
    if isinstance(there, IPv6Address) and there.ipv4_mapped:
        there = there.ipv4_mapped
    own = any(there.version == network.version and there in network for network in networks)
    return own or (there.is_global and not there.is_multicast)
