"""A backup of encrypted identifiers comes back, still encrypted, and opens with the same master key alone."""

from pathlib import Path

import pytest

from tests.postgres import Databases
from tests.vaults import fill, found, number, opened, readable, settings
from xinglin.operations.backup.making import make_backup
from xinglin.operations.backup.restoring import restore_backup
from xinglin.platform.sealing import SealError


async def test_what_was_encrypted_comes_back(
    empty_databases: Databases, migrated_template: str, tmp_path: Path
) -> None:
    before = settings(empty_databases.create(migrated_template), home=tmp_path / "before")
    before.home.mkdir()
    async with opened(before) as database:
        await fill(database, 5)
    made = await make_backup(before, tmp_path / "backups", lambda _text: None)
    conninfo = empty_databases.create()
    after = settings(conninfo, home=tmp_path / "after")
    await restore_backup(after, made, lambda _text: None)
    async with opened(after) as database:
        for position in range(5):
            assert await found(database, position) == [f"p{position}"]
    assert await readable(conninfo, [number(3)]) == set()
    with pytest.raises(SealError):  # without the master key of before nothing of it opens
        async with opened(settings(conninfo, secret_key="A" * 43 + "=")):
            pass
