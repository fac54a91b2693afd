"""PostgreSQL alone, as fast as it can: pgbench on the rows that the server's answers were made of."""

import re
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import psycopg

from bench.load import CONNECTIONS
from xinglin.platform.postgres import binaries

FETCH = """\\set n random(1, {pages})
SELECT r.content FROM bench_page p, unnest(p.types, p.keys) AS u(type, key)
JOIN resource r ON r.type = u.type AND r.key = u.key WHERE p.name = '{name}' AND p.n = :n;
"""
CREATE = """\\set k random(1, {pages})
BEGIN;
INSERT INTO bench_resource (type, key, id, version, updated, content, terms, name)
SELECT r.type, nextval('bench_key'), gen_random_uuid()::text, 1, now(), r.content, r.terms, r.name
FROM bench_page p, resource r WHERE p.name = 'create' AND p.n = :k AND r.type = p.types[1] AND r.key = p.keys[1];
INSERT INTO bench_search_date SELECT currval('bench_key'), d.parameter, d.low, d.high, d.patient
FROM bench_page p, search_date d WHERE p.name = 'create' AND p.n = :k AND d.key = p.keys[1];
COMMIT;
"""


class Raw:
    """pgbench over a database. `remember` says which rows belong to a measurement; `rate` how many a second it does."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._pages: dict[str, int] = {}
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("CREATE TABLE bench_page (name text, n int, types text[], keys bigint[])")
            connection.execute("CREATE INDEX ON bench_page (name, n)")
            connection.execute("CREATE SEQUENCE bench_key")
            for table in ("resource", "search_date"):
                connection.execute(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING ALL)")

    def remember(self, name: str, pages: Iterable[list[tuple[str, str]]]) -> None:
        """The rows of each answer by type and id."""
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            number = 0
            for page in pages:
                if page:
                    number += 1
                    connection.execute(
                        "INSERT INTO bench_page SELECT %s, %s, array_agg(r.type), array_agg(r.key) FROM resource r "
                        "JOIN unnest(%s::text[], %s::text[]) AS u(type, id) ON r.type = u.type AND r.id = u.id",
                        (name, number, [type for type, _id in page], [id for _type, id in page]),
                    )
            self._pages[name] = number

    def rate(self, name: str, seconds: int = 4) -> float:
        """Transactions per second of the measurement `name`."""
        script = (CREATE if name == "create" else FETCH).format(name=name, pages=self._pages[name])
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "script.sql"
            file.write_text(script, encoding="utf-8")
            program = binaries.find().program("pgbench")
            command = [program, "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2", "-T", str(seconds)]
            done = subprocess.run(
                [*command, "-f", str(file), self._conninfo], capture_output=True, text=True, check=True
            )
        found = re.search(r"tps = ([0-9.]+)", done.stdout)
        if found is None:
            raise RuntimeError(f"pgbench gave no rate: {done.stdout}")
        return float(found.group(1))
