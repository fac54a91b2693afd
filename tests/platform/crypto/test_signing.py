"""Signatures: vectors of the standards, what is changed, and the other implementation on this machine."""

import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

import gmalg
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from xinglin.platform.crypto.signing import DISTINGUISHING_ID, ES256, PS256, SIGNERS, SM2, Signer

# GB/T 32918.5-2017, annex A.2: the example of a signature on the recommended curve.
PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
NONCE = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
MESSAGE = b"message digest"


def test_sm2_is_that_of_the_standard() -> None:
    assert SM2.verify(PUBLIC, MESSAGE, SIGNATURE)
    r, s = gmalg.SM2(PRIVATE, DISTINGUISHING_ID, rnd_fn=lambda _bits: NONCE).sign(MESSAGE)
    assert bytes(r) + bytes(s) == SIGNATURE
    assert gmalg.SM2().generate_pk(PRIVATE) == PUBLIC


@lru_cache
def pair(signer: Signer) -> tuple[bytes, bytes]:
    """One pair of keys for each algorithm, since those of RSA take long to make."""
    return signer.generate()


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(list(SIGNERS.values())), st.binary(max_size=100), st.data())
def test_nothing_can_be_changed(signer: Signer, message: bytes, data: st.DataObject) -> None:
    private, public = pair(signer)
    signature = signer.sign(private, message)
    if signer is not PS256:
        assert (len(private), len(public), len(signature)) == (32, 65, 64)
    assert signer.verify(public, message, signature)
    parts = {"public": bytearray(public), "message": bytearray(message + b" "), "signature": bytearray(signature)}
    name = data.draw(st.sampled_from(sorted(parts)))
    parts[name][data.draw(st.integers(0, len(parts[name]) - 1))] ^= data.draw(st.integers(1, 255))
    changed = {each: bytes(content) for each, content in parts.items()}
    message_now = changed["message"] if name == "message" else message
    assert not signer.verify(changed["public"], message_now, changed["signature"])


@pytest.mark.parametrize("signer", [ES256, PS256, SM2])
def test_what_is_no_key_or_signature_verifies_nothing(signer: Signer) -> None:
    private, public = pair(signer)
    for signature in (b"", bytes(64), b"\xff" * 64, bytes(63)):
        assert not signer.verify(public, MESSAGE, signature)
    for key in (b"", bytes(65), b"\x04" + bytes(64), b"\x04" + b"\xff" * 64, public[:-1]):
        assert not signer.verify(key, MESSAGE, signer.sign(private, MESSAGE))


def openssl(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *arguments], check=False, capture_output=True)


@pytest.fixture
def sm2_key(tmp_path: Path) -> Path:
    """A key that OpenSSL has made."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")
    path = tmp_path / "key.pem"
    if openssl("genpkey", "-algorithm", "SM2", "-out", str(path)).returncode:
        pytest.skip("this machine's openssl has no SM2")
    return path


def test_openssl_and_we_accept_each_other_s_sm2(sm2_key: Path, tmp_path: Path) -> None:
    message, signed = tmp_path / "message", tmp_path / "signed"
    message.write_bytes(MESSAGE)
    common = ["-inkey", str(sm2_key), "-rawin", "-digest", "sm3", "-in", str(message)]
    common += ["-pkeyopt", f"distid:{DISTINGUISHING_ID.decode()}"]
    text = openssl("pkey", "-in", str(sm2_key), "-text", "-noout").stdout.decode()
    numbers = {}
    for name, digits in zip(("priv", "pub"), text.split("priv:")[1].split("ASN1 OID")[0].split("pub:"), strict=True):
        numbers[name] = bytes.fromhex("".join(digits.split()).replace(":", ""))
    made = openssl("pkeyutl", "-sign", *common, "-out", str(signed))
    assert made.returncode == 0, made.stderr
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    r, s = decode_dss_signature(signed.read_bytes())
    assert SM2.verify(numbers["pub"], MESSAGE, r.to_bytes(32) + s.to_bytes(32))
    ours = SM2.sign(numbers["priv"][-32:].rjust(32, b"\0"), MESSAGE)
    signed.write_bytes(encode_dss_signature(int.from_bytes(ours[:32]), int.from_bytes(ours[32:])))
    checked = openssl("pkeyutl", "-verify", *common, "-sigfile", str(signed))
    assert checked.returncode == 0, checked.stdout + checked.stderr
