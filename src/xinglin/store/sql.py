"""Loads the SQL of a package from its `sql/*.sql` files, so that no SQL stands in Python.

A file holds blocks, each under a line `-- name: read_current`; what stands before the first one is a comment on the
file. Names are unique within the package.
"""

import re
from functools import cache
from importlib.resources import files
from types import SimpleNamespace

_NAME = re.compile(r"^-- name: (\w+)[ \t]*$", re.MULTILINE)
_COMMENT = re.compile(r"^\s*--[^\n]*\n?", re.MULTILINE)


@cache
def load_queries(package: str) -> SimpleNamespace:
    """The queries of a package, such as `xinglin.store`, as attributes: `load_queries(...).read_current`.

    Raises ValueError where a name occurs twice or a block is empty.
    """
    queries: dict[str, str] = {}
    folder = files(package).joinpath("sql")
    for file in sorted(folder.iterdir(), key=lambda path: path.name):
        if not file.name.endswith(".sql"):
            continue
        parts = _NAME.split(file.read_text(encoding="utf-8"))
        for name, body in zip(parts[1::2], parts[2::2], strict=True):
            text = _COMMENT.sub("", body).strip().rstrip(";")
            if name in queries or not text:
                raise ValueError(f"{package}/sql/{file.name}: {name} is {'there twice' if text else 'empty'}")
            queries[name] = text
    return SimpleNamespace(**queries)
