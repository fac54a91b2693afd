"""Sealing: what comes back, what does not, and where the key is."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.platform.sealing import KEY_FILE, Seal, SealError, key_of
from xinglin.platform.settings import Settings, SettingsError, load_settings

KEY = base64.b64encode(bytes(range(32))).decode()
SEAL = Seal(Settings(secret_key=KEY))


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
        keys = set(pool.map(lambda _number: key_of(home), range(16)))
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert [path.name for path in home.iterdir()] == [KEY_FILE]
    assert (home / KEY_FILE).stat().st_mode & 0o777 == 0o600
    sealed = Seal(Settings(home=home)).seal(b"secret", "x")
    assert Seal(Settings(home=home)).open(sealed, "x") == b"secret"
    with pytest.raises(SealError, match="XINGLIN_SECRET_KEY"):
        SEAL.open(sealed, "x")


@pytest.mark.parametrize("key", ["short", "!" * 44, base64.b64encode(bytes(31)).decode()])
def test_a_key_that_is_none_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(SettingsError, match="32 random bytes in base64") as refused:
        load_settings(secret_key=key)
    assert key not in str(refused.value)
