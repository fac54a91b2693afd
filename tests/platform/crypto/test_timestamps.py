"""Time stamps by an authority of another make: what fits, what doesn't, and what is said where there is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.timestamp_authority import NAME, Authority, serving
from xinglin.platform.crypto.timestamps import LONGEST, StampError
from xinglin.platform.crypto.timestamps import Authority as Asked
from xinglin.platform.settings import Settings, SettingsError, load_settings


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stamps") / "own")


@pytest.fixture
def asked(authority: Authority) -> Iterator[Asked]:
    authority.told = None
    with serving(authority) as url:
        found = Asked.of(Settings(timestamp_url=url, timestamp_roots=authority.roots))
        assert found is not None
        yield found


async def test_a_stamp_holds_for_its_message_and_for_no_other(asked: Asked) -> None:
    answer = await asked.stamp(b"a signature")
    assert asked.check(answer, b"a signature").authority == NAME
    with pytest.raises(StampError, match="does not fit"):
        asked.check(answer, b"another signature")


async def test_no_bit_of_a_stamp_can_be_changed(asked: Asked) -> None:
    answer = await asked.stamp(b"a signature")
    told = asked.check(answer, b"a signature")
    for place in range(0, len(answer), 97):
        spoiled = bytearray(answer)
        spoiled[place] ^= 1
        try:
            assert asked.check(bytes(spoiled), b"a signature").at == told.at
        except StampError:
            continue


async def test_somebody_else_s_stamp_is_not_believed(asked: Asked, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    with serving(stranger) as url:
        theirs = Asked.of(Settings(timestamp_url=url, timestamp_roots=stranger.roots))
        assert theirs is not None
        answer = await theirs.stamp(b"a signature")
    with pytest.raises(StampError, match="does not fit"):
        asked.check(answer, b"a signature")


async def test_an_old_answer_is_no_answer_to_a_new_question(asked: Asked, authority: Authority) -> None:
    authority.told = (200, await asked.stamp(b"a signature"))
    with pytest.raises(StampError, match="Nonce"):
        await asked.stamp(b"a signature")


@pytest.mark.parametrize(
    ("told", "reason"),
    [((503, b""), "503"), ((200, b"rubbish"), "does not fit"), ((200, b"\0" * (LONGEST + 1)), "more than")],
)
async def test_what_an_authority_can_do_wrong(
    asked: Asked, authority: Authority, told: tuple[int, bytes], reason: str
) -> None:
    authority.told = told
    with pytest.raises(StampError, match=reason):
        await asked.stamp(b"a signature")


async def test_an_authority_that_is_away(authority: Authority) -> None:
    with serving(authority) as url:
        pass
    gone = Asked.of(Settings(timestamp_url=url, timestamp_roots=authority.roots))
    assert gone is not None
    with pytest.raises(StampError, match="can't be reached"):
        await gone.stamp(b"a signature")


def test_an_address_needs_those_who_are_believed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TIMESTAMP_ROOTS"):
        load_settings(timestamp_url="http://stamps.example.cn/")
    (tmp_path / "empty").write_text("nothing")
    with pytest.raises(SettingsError, match="XINGLIN_TIMESTAMP_ROOTS"):
        Asked.of(Settings(timestamp_url="http://stamps.example.cn/", timestamp_roots=tmp_path / "empty"))
    assert Asked.of(Settings()) is None
