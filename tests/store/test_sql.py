"""Named SQL."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from xinglin.store.sql import load_queries


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    """An empty package with a folder `sql`, importable by the name of its folder."""
    folder = tmp_path / f"package_{abs(hash(request.node.name))}"
    (folder / "sql").mkdir(parents=True)
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    sys.modules.pop(folder.name, None)


def test_statements_have_names_across_files(package: Path) -> None:
    (package / "sql" / "a.sql").write_text("-- name: first\nSELECT 1;\n\n-- name: second\n-- why\nSELECT 2\n")
    (package / "sql" / "b.sql").write_text("-- name: third\nSELECT 3\n")
    (package / "sql" / "notes.txt").write_text("not SQL")
    queries = load_queries(package.name)
    # Comments are for readers of the files.
    assert (queries.first, queries.second, queries.third) == ("SELECT 1", "SELECT 2", "SELECT 3")
    assert sorted(queries) == ["first", "second", "third"]


def test_unknown_name_is_told(package: Path) -> None:
    with pytest.raises(AttributeError, match="no SQL named 'absent'"):
        _ = load_queries(package.name).absent


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1\n-- name: a\nSELECT 2", "text before"),
        ("-- name: a\nSELECT 1\n-- name: a\nSELECT 2", "defined twice"),
    ],
)
def test_faulty_files_are_refused(package: Path, text: str, message: str) -> None:
    (package / "sql" / "a.sql").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_queries(package.name)
