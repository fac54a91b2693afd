"""Holds what no ready-made linter does: modules under 400 lines, functions under 40, docstrings, no stray addresses.

Prints one line per breach and exits with 1 where there is any.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULE_LINES = 400
FUNCTION_LINES = 40
TEXT = {".py", ".sql", ".html", ".css", ".js", ".md", ".toml", ".json", ".po", ".lock", ".yml"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")
ADDRESS = re.compile(r"registry\.npmjs|files\.pythonhosted|pypi\.org/simple|/root/|/home/\w")


def tracked() -> list[Path]:
    """Files that git tracks or would add, below the project's root."""
    listing = subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    return [ROOT / name for name in listing.splitlines() if (ROOT / name).is_file()]


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring and decorators."""
    body = node.body
    if ast.get_docstring(node) is not None:
        body = body[1:]
    return (node.end_lineno or node.lineno) - body[0].lineno + 2 if body else 1


def python_breaches(path: Path, text: str) -> Iterator[str]:
    """Breaches of one Python file, each as `line: what`."""
    lines = text.count("\n")
    if lines > MODULE_LINES:
        yield f"1: module has {lines} lines, at most {MODULE_LINES}"
    tree = ast.parse(text)
    public = path.is_relative_to(ROOT / "src")
    if public and ast.get_docstring(tree) is None and text.strip():
        yield "1: module has no docstring"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = function_lines(node)
            if size > FUNCTION_LINES:
                yield f"{node.lineno}: {node.name} has {size} lines, at most {FUNCTION_LINES}"
    for node in tree.body if public else ():
        named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if named and not node.name.startswith("_") and ast.get_docstring(node) is None:
            yield f"{node.lineno}: {node.name} has no docstring"


def breaches(path: Path) -> Iterator[str]:
    """Breaches of one file, each as `line: what`."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".py":
        yield from python_breaches(path, text)
    for number, line in enumerate(text.splitlines(), 1):
        if path != Path(__file__).resolve() and path.suffix in TEXT:
            if UNFINISHED.search(line) and path.suffix == ".py":
                yield f"{number}: unfinished mark"
            if ADDRESS.search(line):
                yield f"{number}: a path of one machine or a registry's address"


def main() -> int:
    """Checks every file of the project."""
    found = [f"{path.relative_to(ROOT)}:{breach}" for path in tracked() for breach in breaches(path)]
    print("\n".join(found) if found else "House rules: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
