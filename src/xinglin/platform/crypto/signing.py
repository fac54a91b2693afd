"""Signatures: ECDSA on P-256 and RSASSA-PSS, with SHA-256 (RFC 7518: ES256, PS256), SM2 with SM3 (GB/T 32918.2).

A signature on a curve is the two numbers r and s, 32 bytes each, as JWS has it; its public key is a point of 65 bytes,
uncompressed. RSA keys are kept as PKCS #8 and SubjectPublicKeyInfo, DER.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import gmalg
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from xinglin.platform.crypto.suites import INTERNATIONAL, SM, Suite

SIZE = 32
RSA_BITS = 3072
"""As strong as a curve of 256 bits (NIST SP 800-57 part 1)."""
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
DISTINGUISHING_ID = b"1234567812345678"
"""What SM2 hashes with the public key (GB/T 35276: where nothing else was agreed upon)."""


@dataclass(frozen=True)
class Signer:
    """An algorithm; `name` is what a signature says that it was made by."""

    name: str
    generate: Callable[[], tuple[bytes, bytes]]
    """Makes a private key and its public key."""
    sign: Callable[[bytes, bytes], bytes]
    """(private key, message) → signature."""
    verify: Callable[[bytes, bytes, bytes], bool]
    """(public key, message, signature) → whether it fits."""


def _es256_pair() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return key.private_numbers().private_value.to_bytes(SIZE), public


def _es256_sign(private: bytes, message: bytes) -> bytes:
    key = ec.derive_private_key(int.from_bytes(private), ec.SECP256R1())
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(SIZE) + s.to_bytes(SIZE)


def _es256_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    if len(signature) != 2 * SIZE:
        return False
    der = encode_dss_signature(int.from_bytes(signature[:SIZE]), int.from_bytes(signature[SIZE:]))
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public).verify(
            der, message, ec.ECDSA(hashes.SHA256())
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def _ps256_pair() -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(65537, RSA_BITS)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _ps256_sign(private: bytes, message: bytes) -> bytes:
    key = load_der_private_key(private, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.sign(message, _PSS, hashes.SHA256())


def _ps256_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        key = load_der_public_key(public)
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        key.verify(signature, message, _PSS, hashes.SHA256())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _sm2_pair() -> tuple[bytes, bytes]:
    private, public = gmalg.SM2().generate_keypair()
    return bytes(private).rjust(SIZE, b"\0"), bytes(public)


def _sm2_sign(private: bytes, message: bytes) -> bytes:
    r, s = gmalg.SM2(private, DISTINGUISHING_ID).sign(message)
    return bytes(r).rjust(SIZE, b"\0") + bytes(s).rjust(SIZE, b"\0")


def _sm2_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    if len(signature) != 2 * SIZE or len(public) != 2 * SIZE + 1 or public[0] != 4:
        return False
    if not gmalg.SM2().verify_pk(public):
        return False
    return bool(gmalg.SM2(uid=DISTINGUISHING_ID, pk=public).verify(message, signature[:SIZE], signature[SIZE:]))


ES256 = Signer("ES256", _es256_pair, _es256_sign, _es256_verify)
PS256 = Signer("PS256", _ps256_pair, _ps256_sign, _ps256_verify)
SM2 = Signer("SM2", _sm2_pair, _sm2_sign, _sm2_verify)
_BY_SUITE: Mapping[str, Signer] = {INTERNATIONAL.name: ES256, SM.name: SM2}
SIGNERS: Mapping[str, Signer] = {signer.name: signer for signer in (ES256, PS256, SM2)}
"""By the name that a signature bears."""


def signer_of(suite: Suite, chosen: str | None) -> Signer:
    """The algorithm that was chosen by name, otherwise that of the suite."""
    return SIGNERS[chosen] if chosen else _BY_SUITE[suite.name]
