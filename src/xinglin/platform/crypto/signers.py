"""The keys by which people sign: one for each algorithm, made at the first signature, sealed under the master key."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from xinglin.platform.crypto.signing import SIGNERS, Signer, signer_of
from xinglin.platform.sealing import Seal
from xinglin.store.sql import load_queries

Connection = AsyncConnection[Any]
queries = load_queries("xinglin.platform")


@dataclass(frozen=True)
class PublicKey:
    """What verifies the signatures of somebody, a reference such as `Practitioner/1`. One that was `revoked` verifies
    what was signed before."""

    owner: str
    signer: Signer
    point: bytes
    made: datetime
    revoked: datetime | None


@dataclass(frozen=True)
class PrivateKey:
    """What signs."""

    id: str
    signer: Signer
    secret: bytes

    def sign(self, message: bytes) -> bytes:
        """The signature of a message."""
        return self.signer.sign(self.secret, message)

    def __repr__(self) -> str:
        return f"PrivateKey({self.id})"


async def private_key(
    connection: Connection, seal: Seal, owner: str, now: datetime, *, algorithm: str | None = None
) -> PrivateKey:
    """The key of somebody by `algorithm`, or by that of the suite in force; made where there is none.

    Raises `SealError` where the master key is not that of before.
    """
    signer = signer_of(seal.suite, algorithm)
    wanted = {"owner": owner, "algorithm": signer.name}
    row = await (await connection.execute(queries.signing_key_of, wanted)).fetchone()
    if row is None:
        id, (secret, public) = secrets.token_hex(8), await asyncio.to_thread(signer.generate)
        made = {"id": id, "public": public, "sealed": seal.seal(secret, sealed_about(id)), "now": now}
        await connection.execute(queries.add_signing_key, {**wanted, **made})
        row = await (await connection.execute(queries.signing_key_of, wanted)).fetchone()  # the one who was first
        assert row is not None
    id, sealed = row
    return PrivateKey(id, signer, seal.open(bytes(sealed), sealed_about(id)))


async def public_key(connection: Connection, id: str) -> PublicKey | None:
    """The key that verifies; None for one that was never made here."""
    row = await (await connection.execute(queries.signing_key, {"id": id})).fetchone()
    if row is None:
        return None
    owner, algorithm, public, made, revoked = row
    return PublicKey(owner, SIGNERS[algorithm], bytes(public), made, revoked)


async def revoke(connection: Connection, owner: str, now: datetime) -> int:
    """Takes somebody's keys out of use; the next signature makes another one. Tells how many."""
    return len(await (await connection.execute(queries.revoke_signing_keys, {"owner": owner, "now": now})).fetchall())


def sealed_about(id: str) -> str:
    """What the private key is bound to."""
    return f"signing key {id}"
