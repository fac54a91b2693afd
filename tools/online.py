"""Refuses migrations that would keep a serving hospital waiting: statements that rewrite or scan a table under a lock,
or take away what servers of the former version use. `docs/running.md` says what to write instead.

A statement that is dangerous for no table of size, or is meant for a time when nobody serves, is allowed by a line in
front of it:

    -- locks: why nobody waits

Looks at what came after `FORMER`. Prints one line per breach and exits with 1 where there is any.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "xinglin"
FORMER = {"store": 10, "platform": 13, "ledger": 1, "terminology": 1}
"""The last migration of each owner that is not looked at, since it came before there was a hospital to keep waiting."""

ALLOWED = re.compile(r"^\s*-- locks: \S.{10,}$", re.MULTILINE)
DIVIDES = re.compile(r"^-- (step|repeat): \S.*$", re.MULTILINE)
_PIECES = re.compile(r"(\$\w*\$.*?\$\w*\$|'(?:[^']|'')*'|--[^\n]*|;)", re.DOTALL)
_TABLE = r"(?:ONLY\s+)?(?:IF\s+EXISTS\s+)?(?P<table>\w+)"
_CREATED = re.compile(r"\bCREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", re.IGNORECASE)

RULES = (
    (
        rf"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)(?:IF\s+NOT\s+EXISTS\s+)?\w*\s*ON\s+{_TABLE}",
        "nobody can write while an index is built; CREATE INDEX CONCURRENTLY in a '-- step:' of its own",
    ),
    (rf"DROP\s+INDEX\s+(?!CONCURRENTLY){_TABLE}", "DROP INDEX CONCURRENTLY, in a '-- step:' of its own"),
    (rf"REINDEX\s+(?!.*CONCURRENTLY)\w+\s+{_TABLE}", "REINDEX ... CONCURRENTLY, in a '-- step:' of its own"),
    (
        rf"ALTER\s+TABLE\s+{_TABLE}.*\bALTER\s+(?:COLUMN\s+)?\w+\s+(?:SET\s+DATA\s+)?TYPE\b",
        "rewrites the table; add a column",
    ),
    (
        rf"ALTER\s+TABLE\s+{_TABLE}.*\bADD\s+(?:COLUMN\s+)?(?!CONSTRAINT|CHECK|PRIMARY|UNIQUE|FOREIGN|EXCLUDE)\w[^,]*"
        r"\b(?:GENERATED\b|DEFAULT\s+(?!now\(\)|current_timestamp)\w+\s*\()",
        "rewrites the table; add the column without a value, and fill it in a '-- repeat:'",
    ),
    (
        rf"ALTER\s+TABLE\s+{_TABLE}.*\bADD\s+(?:COLUMN\s+)?(?!CONSTRAINT|CHECK)\w[^,]*\bNOT\s+NULL(?![^,]*\bDEFAULT\b)(?<!\bDEFAULT\b)",
        "fails where there are rows, and servers of the former version give no value; give a default",
    ),
    (
        rf"ALTER\s+TABLE\s+{_TABLE}.*\bSET\s+NOT\s+NULL",
        "scans the table under a lock; first CHECK (... IS NOT NULL) NOT VALID and, in a step, VALIDATE CONSTRAINT",
    ),
    (
        rf"ALTER\s+TABLE\s+{_TABLE}.*\bADD\s+(?:CONSTRAINT\s+\w+\s+)?(?:CHECK|FOREIGN\s+KEY)\b(?!.*\bNOT\s+VALID\b)",
        "scans the table under a lock; NOT VALID, and VALIDATE CONSTRAINT in a '-- step:' of its own",
    ),
    (
        rf"ALTER\s+TABLE\s+{_TABLE}.*\bADD\s+(?:CONSTRAINT\s+\w+\s+)?(?:PRIMARY\s+KEY|UNIQUE|EXCLUDE)\b(?!\s+USING\s+INDEX)",
        "builds an index under a lock; build it CONCURRENTLY, then ADD CONSTRAINT ... USING INDEX",
    ),
    (
        rf"ALTER\s+TABLE\s+{_TABLE}.*\b(?:SET\s+(?:UN)?LOGGED|SET\s+TABLESPACE|SET\s+ACCESS\s+METHOD)\b",
        "rewrites the table",
    ),
    (rf"ALTER\s+TABLE\s+{_TABLE}.*\b(?:ATTACH|DETACH)\s+PARTITION\b(?!.*CONCURRENTLY)", "locks all partitions"),
    (rf"CREATE\s+TABLE\s+\w+\s+PARTITION\s+OF\s+{_TABLE}", "scans the default partition under a lock of all"),
    (
        rf"ALTER\s+TABLE\s+{_TABLE}.*\b(?:DROP\s+(?:COLUMN\s+)?(?!CONSTRAINT|DEFAULT|NOT|EXPRESSION|IDENTITY)\w+|RENAME\b)",
        "servers of the former version still use it; take it away one version later",
    ),
    (rf"DROP\s+TABLE\s+{_TABLE}", "servers of the former version still use it; take it away one version later"),
    (rf"(?:TRUNCATE|LOCK)\s+(?:TABLE\s+)?{_TABLE}", "everybody waits for it"),
    (rf"(?:VACUUM\s+FULL|CLUSTER)\s+{_TABLE}", "rewrites the table under a lock"),
    (rf"REFRESH\s+MATERIALIZED\s+VIEW\s+(?!CONCURRENTLY){_TABLE}", "REFRESH ... CONCURRENTLY"),
    (
        rf"(?:UPDATE|DELETE\s+FROM)\s+{_TABLE}",
        "locks what it changes to the end of the file; change a batch at a time in a '-- repeat:'",
    ),
)
_COMPILED = [(re.compile(pattern, re.IGNORECASE | re.DOTALL), reason) for pattern, reason in RULES]
_CONCURRENT = re.compile(r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(\w+)", re.IGNORECASE)


def statements(text: str) -> Iterator[tuple[str, bool]]:
    """Each statement without its comments and the insides of quotes, and whether a line allows it."""
    words, allowed = "", False
    for piece in _PIECES.split(text):
        if piece == ";":
            if words.strip():
                yield words.strip(), allowed
            words, allowed = "", False
        elif piece.startswith("--"):
            allowed |= bool(ALLOWED.match(piece))
        elif piece.startswith(("'", "$")):
            words += "''"
        else:
            words += piece
    if words.strip():
        yield words.strip(), allowed


def breaches_of(text: str) -> list[str]:
    """What is dangerous in one migration: the beginning of each statement, and what to do instead."""
    made = {name.lower() for name in _CREATED.findall(re.sub(r"--[^\n]*", "", text))}
    found = []
    head, *divided = DIVIDES.split(text)
    parts = [("", head), *zip(divided[::2], divided[1::2], strict=True)]
    dropped: set[str] = set()
    for kind, part in parts:
        several = list(statements(part))
        if kind and len(several) != 1:
            found.append(f"'-- {kind}:' is followed by {len(several)} statements; exactly one commits by itself")
        for statement, allowed in several:
            found += [] if allowed else _faults(kind, statement, made, dropped)
            if gone := re.match(r"DROP\s+INDEX\s+CONCURRENTLY\s+IF\s+EXISTS\s+(\w+)", statement, re.IGNORECASE):
                dropped.add(gone[1].lower())
    return found


def _faults(kind: str, statement: str, made: set[str], dropped: set[str]) -> Iterator[str]:
    start = " ".join(statement.split())[:60]
    if re.search(r"\bCONCURRENTLY\b", statement, re.IGNORECASE) and not kind:
        yield f"{start}: runs in no transaction; put it behind a '-- step:'"
    if (built := _CONCURRENT.match(statement)) and built[1].lower() not in dropped:
        yield f"{start}: an attempt that was broken off leaves it invalid; DROP INDEX CONCURRENTLY IF EXISTS it before"
    for pattern, reason in _COMPILED:
        match = pattern.match(statement)
        if match and match["table"].lower() not in made and not (kind == "repeat" and "a batch" in reason):
            yield f"{start}: {reason}"


def breaches(source: Path) -> list[str]:
    """Breaches of all migrations that are looked at."""
    found = []
    for file in sorted(source.glob("*/migrations/*.sql")):
        if int(file.name[:4]) > FORMER.get(file.parent.parent.name, 0):
            text = file.read_text(encoding="utf-8")
            found += [f"{file.relative_to(source)}: {breach}" for breach in breaches_of(text)]
    return found


if __name__ == "__main__":
    listed = breaches(SOURCE)
    print("\n".join(listed) if listed else "Migrations: nobody waits for those that are new")
    sys.exit(1 if listed else 0)
