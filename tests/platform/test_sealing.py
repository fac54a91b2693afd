"""Sealing: what comes back, what does not, and where the key is."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.platform.crypto.master import KEY_FILE, MasterKeyError, master_keys
from xinglin.platform.sealing import Seal, SealError
from xinglin.platform.settings import Settings, SettingsError, load_settings

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(32)).decode()
SEAL = Seal(Settings(secret_key=KEY))
FIRST_FORM = "3467b569a091a6e56c6aecd96695db9d8549f0e44483"


@given(st.binary(max_size=100), st.text(max_size=20))
def test_what_is_sealed_opens_for_what_it_is_about(content: bytes, about: str) -> None:
    sealed = SEAL.seal(content, about)
    assert Seal(Settings(secret_key=KEY)).open(sealed, about) == content
    assert SEAL.seal(content, about) != sealed
    with pytest.raises(SealError):
        SEAL.open(sealed, f"{about}.")


@given(st.data())
def test_no_byte_can_be_changed(data: st.DataObject) -> None:
    sealed = bytearray(SEAL.seal(b"secret", "x"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealError):
        SEAL.open(bytes(sealed), "x")
    with pytest.raises(SealError):
        SEAL.open(bytes(sealed[:place]), "x")


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with ThreadPoolExecutor(8) as pool:
        keys = {key for (key,) in pool.map(lambda _number: master_keys(Settings(home=home)), range(16))}
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert [path.name for path in home.iterdir()] == [KEY_FILE]
    assert (home / KEY_FILE).stat().st_mode & 0o777 == 0o600
    sealed = Seal(Settings(home=home)).seal(b"secret", "x")
    assert Seal(Settings(home=home)).open(sealed, "x") == b"secret"
    with pytest.raises(SealError, match="XINGLIN_SECRET_KEY"):
        SEAL.open(sealed, "x")


def test_what_was_sealed_by_the_other_suite_or_a_former_key_opens_still() -> None:
    before = Seal(Settings(secret_key=OTHER, crypto_suite="international")).seal(b"secret", "x")
    now = Seal(Settings(secret_key=f"{KEY},{OTHER}", crypto_suite="sm"))
    assert now.open(before, "x") == b"secret"
    sealed = now.seal(b"secret", "x")
    assert sealed.startswith(now.head)
    assert not before.startswith(now.head)
    assert SEAL.open(sealed, "x") == b"secret"
    with pytest.raises(SealError):
        Seal(Settings(secret_key=OTHER)).open(sealed, "x")


def test_what_the_first_form_sealed_opens_still() -> None:
    # Made by the version that knew neither suites nor names of keys, under KEY.
    sealed = bytes.fromhex("01" + "000102030405060708090a0b" + FIRST_FORM)
    assert SEAL.open(sealed, "x") == b"secret"
    assert Seal(Settings(secret_key=f"{OTHER},{KEY}")).open(sealed, "x") == b"secret"
    for other, about in ((SEAL, "y"), (Seal(Settings(secret_key=OTHER)), "x")):
        with pytest.raises(SealError):
            other.open(sealed, about)


def test_a_file_of_keys_that_is_cut_is_refused(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(bytes(40))
    with pytest.raises(MasterKeyError, match="40 bytes; it must hold keys of 32 bytes"):
        Seal(Settings(home=tmp_path)).seal(b"secret", "x")


@pytest.mark.parametrize("key", [f"{KEY},short", "short", "!" * 44, base64.b64encode(bytes(31)).decode()])
def test_a_key_that_is_none_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(SettingsError, match="32 random bytes in base64") as refused:
        load_settings(secret_key=key)
    assert key not in str(refused.value)
