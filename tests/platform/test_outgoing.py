"""Requests go to where they may, no further, and not for ever: against a real receiver."""

from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.receiver import Receiver, receiver
from xinglin.platform.deliveries import Undeliverable
from xinglin.platform.outgoing import Outgoing, outgoing, permitted
from xinglin.platform.settings import Settings, SettingsError, load_settings


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Outgoing]:
    settings = Settings(home=tmp_path, delivery_networks="127.0.0.0/8", delivery_seconds=0.3, delivery_megabytes=1)
    async with outgoing(settings) as made:
        yield made


async def test_what_is_taken_arrives_whole(there: Receiver, way: Outgoing) -> None:
    await way.send("PUT", f"{there.url}/a?b=c", {"X-One": "1"}, b"body")
    (request,) = there.received
    assert (request.method, request.path, request.body, request.headers["x-one"]) == ("PUT", "/a?b=c", b"body", "1")
    assert request.headers["host"] == f"127.0.0.1:{there.port}"


@pytest.mark.parametrize("status", [301, 307, 400, 404, 500])
async def test_other_answers_are_failures_and_redirects_are_not_followed(
    there: Receiver, way: Outgoing, status: int
) -> None:
    there.answer = lambda _request: status
    there.headers = f"Location: {there.url}/elsewhere\r\n"
    with pytest.raises(Undeliverable, match=f"answered {status}"):
        await way.send("POST", f"{there.url}/token-in-path", {}, b"")
    assert [request.path for request in there.received] == ["/token-in-path"]


async def test_silence_is_not_waited_out(there: Receiver, way: Outgoing) -> None:
    there.answer = lambda _request: None
    with pytest.raises(Undeliverable, match="No answer within"):
        await way.send("POST", there.url, {}, b"")


async def test_nobody_there_and_too_much(there: Receiver, way: Outgoing) -> None:
    with pytest.raises(Undeliverable, match="No connection") as told:
        await way.send("POST", "http://127.0.0.1:1/secret", {}, b"")
    assert "secret" not in str(told.value)
    with pytest.raises(Undeliverable, match="bytes"):
        await way.send("POST", there.url, {}, b"x" * (1024 * 1024 + 1))
    assert not there.received


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0"])
async def test_the_house_itself_is_not_reached_however_it_is_named(there: Receiver, tmp_path: Path, host: str) -> None:
    async with outgoing(Settings(home=tmp_path)) as way:
        with pytest.raises(Undeliverable):
            await way.send("POST", f"http://{host}:{there.port}/", {}, b"")
    assert not there.received


def test_networks_of_the_house_are_named() -> None:
    own = [ip_network("10.20.0.0/16"), ip_network("fd00::/8")]
    assert permitted("10.20.3.4", own)
    assert permitted("fd00::1", own)
    assert permitted("93.184.216.34", [])
    for address in ("10.21.0.1", "169.254.169.254", "192.168.1.1", "::1", "fe80::1%eth0", "224.0.0.1"):
        assert not permitted(address, own)


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="XINGLIN_DELIVERY_NETWORKS"):
        load_settings(delivery_networks="10.0.0.0/99")
