"""The lint finds queries that go past the access policy."""

from pathlib import Path

import pytest

from tools.guarded import SOURCE, breaches


def test_the_house_is_guarded() -> None:
    assert breaches(SOURCE) == []


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("sql/a.sql", "-- name: x\nSELECT content FROM resource WHERE id = 'a'", True),
        ("sql/a.sql", "-- name: x\nSELECT content FROM resource r WHERE id = 'a'{visible}", False),
        (
            "sql/a.sql",
            "-- name: x\n-- unlimited: nobody is shown it\nSELECT content FROM resource_history",
            False,
        ),
        ("sql/a.sql", "-- name: x\n-- unlimited:\nSELECT content FROM resource_history", True),
        ("sql/a.sql", "-- name: x\nSELECT 1 FROM account JOIN resource ON true", True),
        ("sql/a.sql", "-- name: x\nSELECT login FROM account", False),
        ("a.py", "Repository(connection, now=now)", True),
        ("a.py", "Repository(connection, now=now, access=access)", False),
        ("a.py", "# unlimited: the house's own bookkeeping\nRepository(connection, now=now)", False),
        ("a.py", "execute('SELECT content FROM resource')", True),
    ],
)
def test_breaches(tmp_path: Path, name: str, text: str, found: bool) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    assert bool(breaches(tmp_path)) == found
