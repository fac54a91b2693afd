"""Loads named SQL: every statement lives in a `.sql` file below its package, under a line `-- name: some_name`."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import LiteralString

_COMMENT = re.compile(r"^ *--.*\n?", re.MULTILINE)
# Comments are for readers of the file; statements that are put together of pieces would carry each of them often.
_NAME = re.compile(r"^-- name: *(\w+) *$", re.MULTILINE)


class Queries:
    """The statements of one package as attributes: `queries.read_current` is the text of `-- name: read_current`."""

    def __init__(self, package: str, statements: dict[str, LiteralString]) -> None:
        self._package = package
        self._statements = statements

    def __getattr__(self, name: str) -> LiteralString:
        try:
            return self._statements[name]
        except KeyError:
            raise AttributeError(f"{self._package} has no SQL named {name!r}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)


@cache
def load_queries(package: str) -> Queries:
    """The statements of all files `<package>/sql/*.sql`.

    Raises `ValueError` for a name that occurs twice and for text before the first name.
    """
    statements: dict[str, LiteralString] = {}
    for file in sorted(resources.files(package).joinpath("sql").iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".sql"):
            continue
        head, *parts = _NAME.split(file.read_text(encoding="utf-8"))
        if head.strip():
            raise ValueError(f"{package}/sql/{file.name}: text before the first '-- name:' line")
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            if name in statements:
                raise ValueError(f"{package}/sql/{file.name}: {name} is defined twice")
            # Our own files, never a text from outside: as good as a literal in the source.
            statements[name] = _COMMENT.sub("", text).strip().removesuffix(";")
    return Queries(package, statements)
