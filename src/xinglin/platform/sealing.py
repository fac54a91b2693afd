"""Sealing: secrets that must be read again, such as those of authenticator apps, are kept encrypted.

It is done with the master key of the installation (`platform/crypto/master.py`) and the suite of algorithms that the
settings choose. A copy of the database alone opens nothing; a copy without the key has lost what is sealed. What is
sealed begins with a byte for its form, one for its suite, and the name of its key.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from xinglin.platform.crypto import SUITES, suite_of
from xinglin.platform.crypto.master import NAME, master_keys, name_of
from xinglin.platform.crypto.suites import NONCE, AeadKey, CipherError
from xinglin.platform.settings import Settings

_FORM, _FIRST_FORM = 2, 1
# The first form had neither suite nor key in it: AES-256-GCM by the one master key that there was.
_HEAD = 2 + NAME


class SealError(Exception):
    """Something was sealed with another key, for another purpose, or was changed since."""


class Seal:
    """Seals and opens with the keys of one installation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.suite = SUITES[settings.crypto_suite]
        self._keys: dict[bytes, bytes] = {}
        self._made: dict[bytes, AeadKey] = {}

    def seal(self, content: bytes, about: str) -> bytes:
        """`content`, encrypted and bound to what it is about: it opens for nothing else."""
        head = self.head
        return head + self._key(head).encrypt(content, head + about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed. Raises `SealError`."""
        if sealed[:1] == bytes([_FIRST_FORM]):
            return self._open_first_form(sealed, about)
        head = sealed[:_HEAD]
        if len(head) < _HEAD or head[0] != _FORM:
            raise SealError("This is nothing sealed")
        try:
            return self._key(head).decrypt(sealed[_HEAD:], head + about.encode())
        except CipherError:
            raise _foreign() from None

    @property
    def head(self) -> bytes:
        """How everything begins that is sealed by the present key and suite."""
        first = next(iter(self._known))
        return bytes([_FORM, self.suite.code]) + first

    def _key(self, head: bytes) -> AeadKey:
        made = self._made.get(head)
        if made is None:
            secret = self._known.get(head[2:])
            if secret is None:
                raise _foreign()
            made = self._made[head] = suite_of(head[1]).aead(secret, "seal")
        return made

    @property
    def _known(self) -> dict[bytes, bytes]:
        """Name → master key, the one that seals first; read when it is first wanted."""
        if not self._keys:
            self._keys = {name_of(key): key for key in master_keys(self._settings)}
        return self._keys

    def _open_first_form(self, sealed: bytes, about: str) -> bytes:
        nonce, rest = sealed[1 : 1 + NONCE], sealed[1 + NONCE :]
        for key in self._known.values() if len(nonce) == NONCE else ():
            try:
                return AESGCM(key).decrypt(nonce, rest, about.encode())
            except InvalidTag:
                continue
        raise _foreign()


def _foreign() -> SealError:
    return SealError("Sealed with another key, or changed since; is XINGLIN_SECRET_KEY that of before?")
