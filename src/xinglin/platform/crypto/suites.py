"""Suites of algorithms: the international one, and that of Chinese commercial cryptography (商用密码).

| suite | cipher | hash | MAC |
|---|---|---|---|
| `international` | AES-256-GCM (NIST SP 800-38D) | SHA-256 (FIPS 180-4) | HMAC-SHA-256 (RFC 2104) |
| `sm` | SM4-GCM (GB/T 32907; RFC 8998) | SM3 (GB/T 32905) | HMAC-SM3 |

Which one encrypts is a setting; whatever was encrypted names its suite, so each opens what any of them made.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE, TAG = 12, 16
"""Bytes of GCM's nonce, which is random, and of its tag. Under one key, 2^32 encryptions are safe."""


class CipherError(Exception):
    """Something was encrypted with another key, for another purpose, or was changed since."""


class _Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class _Sm4Gcm:
    """SM4-GCM in the shape of `AESGCM`, which `cryptography` does not have ready-made."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        encryptor = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data or b"")
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        text, tag = data[:-TAG], data[-TAG:]
        if len(tag) < TAG:
            raise InvalidTag
        decryptor = Cipher(self._algorithm, modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(associated_data or b"")
        return decryptor.update(text) + decryptor.finalize()


class AeadKey:
    """A key of one suite that encrypts and authenticates; made once, used often."""

    def __init__(self, cipher: _Aead) -> None:
        self._cipher = cipher

    def encrypt(self, content: bytes, about: bytes) -> bytes:
        """Nonce, ciphertext and tag. It is bound to what it is about, which is not in it."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, content, about)

    def decrypt(self, encrypted: bytes, about: bytes) -> bytes:
        """What was encrypted. Raises `CipherError`."""
        if len(encrypted) < NONCE + TAG:
            raise CipherError("This is too short to be anything encrypted")
        try:
            return self._cipher.decrypt(encrypted[:NONCE], encrypted[NONCE:], about)
        except InvalidTag:
            raise CipherError("Encrypted with another key or for another purpose, or changed since") from None


@dataclass(frozen=True)
class Suite:
    """Algorithms that belong together. `code` stands for the suite in what was encrypted, and is for ever."""

    name: str
    code: int
    hash: hashes.HashAlgorithm
    key_size: int
    """Bytes of a key of the cipher."""
    cipher: Callable[[bytes], _Aead]

    def aead(self, secret: bytes, purpose: str) -> AeadKey:
        """The key of the cipher for one purpose, derived from 32 random bytes (HKDF, RFC 5869)."""
        return AeadKey(self.cipher(self.derived(secret, f"{purpose} cipher", self.key_size)))

    def derived(self, secret: bytes, purpose: str, size: int = 32) -> bytes:
        """Bytes for one purpose, from which neither the secret nor those for others follow."""
        return HKDF(self.hash, size, None, f"xinglin {self.name} {purpose}".encode()).derive(secret)

    def digest(self, content: bytes) -> bytes:
        """The hash of some bytes: 32 bytes."""
        digest = hashes.Hash(self.hash)
        digest.update(content)
        return digest.finalize()

    def mac(self, key: bytes, content: bytes) -> bytes:
        """The HMAC of some bytes: 32 bytes."""
        mac = HMAC(key, self.hash)
        mac.update(content)
        return mac.finalize()


INTERNATIONAL = Suite("international", 1, hashes.SHA256(), 32, AESGCM)
SM = Suite("sm", 2, hashes.SM3(), 16, _Sm4Gcm)
SUITES: Mapping[str, Suite] = {suite.name: suite for suite in (INTERNATIONAL, SM)}
"""Name, as in the setting `XINGLIN_CRYPTO_SUITE` → suite."""

_BY_CODE = {suite.code: suite for suite in SUITES.values()}


def suite_of(code: int) -> Suite:
    """The suite that something encrypted names. Raises `CipherError` where there is none such."""
    if code not in _BY_CODE:
        raise CipherError(f"There is no suite of algorithms with the number {code}")
    return _BY_CODE[code]
