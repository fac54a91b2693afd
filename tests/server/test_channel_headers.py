"""Secrets of receivers: shown to nobody, sealed in the database, and sent."""

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.hospital import Hospital
from tests.receiver import Receiver
from tests.server.subscribers import Api, one_url, patient, service, subscription
from xinglin.platform import deliveries
from xinglin.platform.crypto.keys import seal_anew
from xinglin.platform.crypto.master import master_keys
from xinglin.platform.deliveries import Deliverer
from xinglin.platform.sealing import Seal, SealError
from xinglin.platform.settings import Settings
from xinglin.server.sending import sending
from xinglin.store.channel_headers import Header, opened


async def test_headers_are_shown_to_nobody_and_stay_with_their_account(
    api: Api, there: Receiver, sender: Deliverer, hospital: Hospital
) -> None:
    made = await api("POST", "Subscription", subscription(there, "Patient?family=密", header=["Authorization: s3cr3t"]))
    name = one_url(made)
    assert made["channel"]["header"] == ["Authorization: ***"]
    await sender.once()
    changed = await api("PUT", name, {**made, "reason": "other", "status": "active"})
    assert changed["status"] == "requested"
    for path in (name, f"{name}/_history", "Subscription?url=http", "_history?_count=20"):
        told = await api("GET", path)
        assert "s3cr3t" not in str(told)
    await api("POST", "Patient", patient("密"))
    await sender.once()
    assert there.received[0].headers["authorization"] == "s3cr3t"
    # Whoever else takes it over, and could lead it elsewhere, does not get the secret.
    other = await service(hospital, "other")
    async with hospital.application.database.transaction() as connection:
        context = hospital.application.context(connection, other)
        with pytest.raises(Exception, match=r"channel.header\[0\].*give it again"):
            await context.repository.update(await context.read(name))


async def kept(hospital: Hospital, name: str) -> tuple[Any, ...]:
    """What is kept beside a Subscription: headers of before, names, sealed values; and all of the row as text."""
    query = "SELECT headers, header_names, header_values, s::text FROM subscription s WHERE id = %s"
    async with hospital.application.database.transaction() as connection:
        row = await (await connection.execute(query, (name.partition("/")[2],))).fetchone()
    assert row is not None
    return row


async def as_before(hospital: Hospital, name: str, header: str) -> None:
    """Puts the header of a Subscription as it was kept when nothing was sealed."""
    query = "UPDATE subscription SET headers = %s, header_names = '{}', header_values = '{}' WHERE id = %s"
    async with hospital.application.database.transaction() as connection:
        await connection.execute(query, ([header], name.partition("/")[2]))


async def test_secrets_lie_sealed_and_open_for_nothing_else(
    api: Api, there: Receiver, sender: Deliverer, hospital: Hospital, settings: Settings
) -> None:
    made = await api("POST", "Subscription", subscription(there, "Patient?family=封", header=["Authorization: s3cr3t"]))
    _, names, (value,), everything = await kept(hospital, one_url(made))
    assert names == ["Authorization"]
    assert b"s3cr3t" not in value
    assert "s3cr3t" not in everything
    assert b"s3cr3t".hex() not in everything
    other = Header("Authorization", value)
    with pytest.raises(SealError):
        opened("another", [other], Seal(settings))
    assert opened(made["id"], [other], Seal(settings)) == {"Authorization": "s3cr3t"}


@pytest.mark.parametrize("by", ["worker", "write"])
async def test_what_lay_open_before_is_sealed_and_still_sent(
    api: Api, there: Receiver, sender: Deliverer, hospital: Hospital, by: str
) -> None:
    made = await api("POST", "Subscription", subscription(there, "Patient?family=旧", header=["Authorization: new"]))
    await as_before(hospital, one_url(made), "Authorization: of before")
    if by == "worker":
        await sender.once()
    else:
        await api("PUT", one_url(made), made)
    headers, names, _, everything = await kept(hospital, one_url(made))
    assert (headers, names) == ([], ["Authorization"])
    assert "of before" not in everything
    await api("POST", "Patient", patient("旧"))
    await sender.once()
    assert there.received[0].headers["authorization"] == "of before"


async def test_a_secret_of_another_key_is_told_and_not_left_out(
    api: Api, there: Receiver, hospital: Hospital, tmp_path: Path
) -> None:
    await api("POST", "Subscription", subscription(there, "Patient?family=钥", header=["Authorization: s3cr3t"]))
    await api("POST", "Patient", patient("钥"))
    elsewhere = Settings(home=tmp_path, delivery_networks="127.0.0.0/8")
    async with sending(hospital.application, elsewhere) as (stranger, _handlers):
        await stranger.once()
    assert not there.received
    async with hospital.application.database.transaction() as connection:
        (waiting,) = await deliveries.waiting(connection)
    assert waiting.error is not None
    assert "XINGLIN_SECRET_KEY" in waiting.error


async def test_secrets_are_sealed_anew_when_the_master_key_is_replaced(
    api: Api, there: Receiver, sender: Deliverer, hospital: Hospital, settings: Settings
) -> None:
    header = ["Authorization: s3cr3t", "X-Ward: 7"]
    made = await api("POST", "Subscription", subscription(there, "Patient?family=换", header=header))
    former, new = base64.b64encode(master_keys(settings)[0]).decode(), base64.b64encode(bytes(32)).decode()
    both = Seal(settings.model_copy(update={"secret_key": f"{new},{former}"}))
    async with hospital.application.database.transaction() as connection:
        assert await seal_anew(connection, both) >= 1
        assert await seal_anew(connection, both) == 0
    _, names, values, _ = await kept(hospital, one_url(made))
    alone = Seal(settings.model_copy(update={"secret_key": new}))
    headers = [Header(*each) for each in zip(names, map(bytes, values), strict=True)]
    found = opened(one_url(made).partition("/")[2], headers, alone)
    assert found == {"Authorization": "s3cr3t", "X-Ward": "7"}
    async with hospital.application.database.transaction() as connection:
        await seal_anew(connection, Seal(settings.model_copy(update={"secret_key": f"{former},{new}"})))
