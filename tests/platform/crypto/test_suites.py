"""Suites: published test vectors, and what can't be changed unnoticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.platform.crypto import INTERNATIONAL, SM, SUITES, Suite, suite_of
from xinglin.platform.crypto.suites import NONCE, CipherError

suites = st.sampled_from(list(SUITES.values()))
SECRET = bytes(range(32))


def test_hashes_are_those_of_the_standards() -> None:
    # GB/T 32905-2016, A.1, and FIPS 180-4's example: of "abc".
    assert SM.digest(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert INTERNATIONAL.digest(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_sm4_in_gcm_is_that_of_rfc_8998() -> None:
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    nonce = bytes.fromhex("00001234567800000000ABCD")
    about = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    plain = bytes.fromhex(
        "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"
        "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA"
    )
    encrypted = bytes.fromhex(
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
        "83DE3541E4C2B58177E065A9BF7B62EC"
    )
    assert SM.cipher(key).encrypt(nonce, plain, about) == encrypted
    assert SM.cipher(key).decrypt(nonce, encrypted, about) == plain


@given(suites, st.binary(max_size=100), st.binary(max_size=20), st.data())
def test_what_is_encrypted_comes_back_and_nothing_that_was_changed(
    suite: Suite, content: bytes, about: bytes, data: st.DataObject
) -> None:
    key = suite.aead(SECRET, "test")
    encrypted = key.encrypt(content, about)
    assert suite.aead(SECRET, "test").decrypt(encrypted, about) == content
    changed = bytearray(encrypted)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    others = [key, suite.aead(SECRET, "other"), suite.aead(bytes(32), "test")]
    for other, text, named in [
        (key, bytes(changed), about),
        (key, encrypted, about + b"."),
        (key, encrypted[:-1], about),
    ]:
        with pytest.raises(CipherError):
            other.decrypt(text, named)
    for other in others[1:]:
        with pytest.raises(CipherError):
            other.decrypt(encrypted, about)


@given(suites, st.integers(0, NONCE + 16))
def test_what_is_too_short_is_refused(suite: Suite, size: int) -> None:
    with pytest.raises(CipherError):
        suite.aead(SECRET, "test").decrypt(bytes(size), b"")


def test_suites_and_purposes_have_keys_of_their_own() -> None:
    made = [suite.derived(SECRET, purpose) for suite in SUITES.values() for purpose in ("one", "other")]
    assert len(set(made)) == 4
    assert [suite_of(suite.code) for suite in SUITES.values()] == [INTERNATIONAL, SM]
    with pytest.raises(CipherError, match="number 9"):
        suite_of(9)
