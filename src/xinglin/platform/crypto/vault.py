"""The vault: encrypts values of resources for the store, and opens them, with the data keys of one installation."""

import base64
import binascii
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir.types import Resource
from xinglin.platform.crypto import keys
from xinglin.platform.crypto.keys import DataKey
from xinglin.platform.crypto.suites import SUITES, CipherError
from xinglin.platform.sealing import Seal
from xinglin.platform.settings import Settings
from xinglin.store.concealing import MARK, VaultError, replaced, secrets_of

TELEPHONES = "phone"
"""The word among the systems that stands for telephone numbers."""

_STAND_IN = 16
# Bytes of the MAC that stands for a value: as many as no two values ever share by chance.


class Vault:
    """Goes with the connections of a `Database`. One installation has one in each process."""

    def __init__(self, settings: Settings) -> None:
        self.seal = Seal(settings)
        self.suite = SUITES[settings.crypto_suite]
        self._systems = settings.encrypted_systems - {TELEPHONES}
        self._telephones = TELEPHONES in settings.encrypted_systems
        self._keys: dict[str, DataKey] = {}
        self._current: DataKey | None = None
        self._asked = self._decided = -keys.SECONDS

    @property
    def wanted(self) -> bool:
        """Whether the settings name anything to be encrypted."""
        return bool(self._systems) or self._telephones

    @property
    def hiding(self) -> bool:
        """Whether anything may be encrypted now: it is wanted, or was and is still to be put into clear."""
        return bool(self._keys)

    def old(self, *, reading: bool) -> bool:
        """Whether it is time to ask the database again."""
        return time.monotonic() - (self._asked if reading else self._decided) > keys.SECONDS

    async def prepare(self, connection: AsyncConnection[Any]) -> None:
        """Makes the first key where one is wanted, which can be used at once."""
        await self.refresh(connection)
        if self.wanted and not self._keys:
            await keys.add_key(connection, self.seal, self.suite, delay=timedelta(0), first=True)
            await self.refresh(connection)

    async def refresh(self, connection: AsyncConnection[Any], *, reading: bool = False) -> None:
        """Learns which keys there are. Raises `SealError` where the master key is not that of before.

        With `reading` the database may be a replica that is behind: then keys are only added.
        """
        self._asked = time.monotonic()
        found, current = await keys.read_keys(connection, self.seal)
        # Those that are known stay the same objects, since what they derive takes time.
        known = {key.id: self._keys.get(key.id, key) for key in found}
        if reading:
            self._keys |= known
            return
        self._decided = self._asked
        self._keys, self._current = known, known[current.id] if current else None

    def current(self, key: str) -> bool:
        """Whether this is the key by which values are encrypted now."""
        return self._current is not None and self._current.id == key

    def forms(self, resource: Resource) -> tuple[Resource, Resource] | None:
        """A resource as it is stored and as it is indexed; None where nothing of it is to be hidden."""
        key = self._current if self.wanted else None
        found = secrets_of(resource, self._systems, telephones=self._telephones) if key else None
        if not key or not found:
            return None
        stored = replaced(resource, found, lambda value: MARK + _encrypted(key, value))
        return stored, replaced(resource, found, lambda value: _stand_in(key, value))

    def stand_ins(self, value: str) -> Sequence[str]:
        """What may stand for a value in an index, by each key that is not retired."""
        return [_stand_in(key, value) for key in self._keys.values()]

    def opened(self, sealed: str) -> str:
        """What was encrypted. Raises `VaultError`."""
        id, _, text = sealed.partition(".")
        key = self._keys.get(id)
        if key is None:
            raise VaultError(
                f"A value is encrypted by the key {id}, which is not known here; please repeat the request"
            )
        try:
            return key.cipher.decrypt(base64.urlsafe_b64decode(text), id.encode()).decode()
        except (CipherError, binascii.Error) as error:
            raise VaultError(f"A value that the key {id} encrypted was changed in the database: {error}") from error


def _encrypted(key: DataKey, value: str) -> str:
    return f"{key.id}.{base64.urlsafe_b64encode(key.cipher.encrypt(value.encode(), key.id.encode())).decode()}"


def _stand_in(key: DataKey, value: str) -> str:
    return f"hidden:{key.suite.mac(key.index, value.encode())[:_STAND_IN].hex()}"
