"""Forbids queries that go past the access policy: what reads resources has a place for the condition on what the caller
may see, or says why nobody is shown more by it.

In SQL: a statement that reads `resource`, `resource_history` or `search_contained` has one of the placeholders through
which the guard comes, or a line `-- unlimited: why`. In Python: SQL on these tables stands nowhere, and a `Repository`
is made with `access=`, or under a comment `# unlimited: why`.

Prints one line per breach and exits with 1 where there is any.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"
TABLES = r"\b(?:FROM|JOIN|USING)\s+(?:ONLY\s+)?(?:resource|resource_history|search_contained)\b"
READS = re.compile(TABLES)
GUARDS = ("{visible}", "{now}", "{filters}", "{target_filters}", "{conditions}")
REASON = re.compile(r"^\s*(?:--|#) unlimited: \S.{10,}", re.MULTILINE)
NAME = re.compile(r"^-- name: *(\w+) *$", re.MULTILINE)


def sql_breaches(path: Path, text: str) -> Iterator[str]:
    """Breaches of one file of named statements."""
    _, *parts = NAME.split(text)
    for name, statement in zip(parts[::2], parts[1::2], strict=True):
        guarded = any(guard in statement for guard in GUARDS) or REASON.search(statement)
        if READS.search(statement) and not guarded:
            yield f"{path}: {name} reads resources without a guard; add {{visible}}, or `-- unlimited: why`"


def python_breaches(path: Path, text: str) -> Iterator[str]:
    """Breaches of one module."""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        text_of = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if READS.search(text_of) and re.search(r"\bSELECT\b|\bDELETE\b", text_of):
            yield f"{path}:{node.lineno}: SQL on resources belongs into a .sql file of the store"
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Repository":
            given = any(keyword.arg == "access" for keyword in node.keywords)
            if not given and not REASON.search("\n".join(lines[max(0, node.lineno - 3) : node.lineno])):
                yield f"{path}:{node.lineno}: a Repository without access=; pass it, or say `# unlimited: why`"


def breaches(root: Path) -> list[str]:
    """Breaches of all files below a folder."""
    found = []
    for path in sorted(root.rglob("*")):
        if path.suffix == ".sql" and path.parent.name == "sql":
            found += sql_breaches(path.relative_to(root), path.read_text(encoding="utf-8"))
        elif path.suffix == ".py":
            found += python_breaches(path.relative_to(root), path.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    listed = breaches(SOURCE)
    print("\n".join(listed) if listed else "Access: every query that reads resources is guarded")
    sys.exit(1 if listed else 0)
