"""Which statements of a migration keep a serving hospital waiting, and which don't."""

from pathlib import Path

import pytest

from tests.tools.loading import load_tool

tool = load_tool("online")

DANGEROUS = [
    "CREATE INDEX a ON resource (id)",
    "CREATE UNIQUE INDEX a ON resource (id)",
    "DROP INDEX a",
    "REINDEX TABLE resource",
    "ALTER TABLE resource ALTER COLUMN id TYPE bigint",
    "ALTER TABLE resource ALTER id SET DATA TYPE bigint",
    "ALTER TABLE resource ADD COLUMN a uuid DEFAULT gen_random_uuid()",
    "ALTER TABLE resource ADD a bigint GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE resource ADD COLUMN a bigint GENERATED ALWAYS AS (key * 2) STORED",
    "ALTER TABLE resource ADD COLUMN a text NOT NULL",
    "ALTER TABLE resource ALTER COLUMN a SET NOT NULL",
    "ALTER TABLE resource ADD CONSTRAINT c CHECK (a > 0)",
    "ALTER TABLE resource ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES account",
    "ALTER TABLE resource ADD CONSTRAINT u UNIQUE (a)",
    "ALTER TABLE resource ADD PRIMARY KEY (a)",
    "ALTER TABLE resource SET UNLOGGED",
    "ALTER TABLE resource ATTACH PARTITION x FOR VALUES IN ('X')",
    "CREATE TABLE resource_x PARTITION OF resource FOR VALUES IN ('X')",
    "ALTER TABLE resource DROP COLUMN a",
    "ALTER TABLE resource DROP a",
    "ALTER TABLE resource RENAME COLUMN a TO b",
    "ALTER TABLE resource RENAME TO b",
    "DROP TABLE resource",
    "TRUNCATE resource",
    "LOCK TABLE resource",
    "VACUUM FULL resource",
    "CLUSTER resource",
    "UPDATE resource SET a = 1",
    "DELETE FROM resource WHERE a = 1",
    "CREATE INDEX CONCURRENTLY a ON resource (id)",
    "-- step: alone\nCREATE INDEX CONCURRENTLY a ON resource (id)",
    "-- step: alone\nDROP INDEX CONCURRENTLY IF EXISTS a; DROP INDEX CONCURRENTLY IF EXISTS b",
]
HARMLESS = [
    "CREATE TABLE a (id text); CREATE INDEX b ON a (id); ALTER TABLE a ADD CHECK (id <> ''); UPDATE a SET id = ''",
    "ALTER TABLE resource ADD COLUMN a text",
    "ALTER TABLE resource ADD COLUMN a text NOT NULL DEFAULT 'x'",
    "ALTER TABLE resource ADD COLUMN a timestamptz NOT NULL DEFAULT now()",
    "ALTER TABLE resource ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID",
    "-- step: reads everything, and nobody waits\nALTER TABLE resource VALIDATE CONSTRAINT c",
    "ALTER TABLE resource ADD CONSTRAINT u UNIQUE USING INDEX u",
    "ALTER TABLE resource ALTER COLUMN a DROP NOT NULL",
    "ALTER TABLE resource ALTER COLUMN a SET DEFAULT 'x; DROP TABLE resource'",
    "ALTER TABLE resource DROP CONSTRAINT c",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE resource SET a = 1; RETURN NULL; END $$",
    "-- step: left over\nDROP INDEX CONCURRENTLY IF EXISTS a;\n-- step: anew\nCREATE INDEX CONCURRENTLY a ON b (id);",
    "-- repeat: by the thousand\nUPDATE resource SET a = 1 WHERE key IN (SELECT key FROM x WHERE a = 0 LIMIT 1000)",
    "-- locks: a table of a few hundred rows\nCREATE INDEX a ON account (id)",
    "INSERT INTO search_reindex (started) VALUES (now())",
]  # fmt: skip


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_keeps_others_waiting_is_refused(text: str) -> None:
    assert tool.breaches_of(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_does_not_may_stand(text: str) -> None:
    assert tool.breaches_of(text) == []


def test_each_statement_is_allowed_by_itself() -> None:
    text = "-- locks: a few hundred rows\nCREATE INDEX a ON account (id);\nCREATE INDEX b ON account (id);"
    (told,) = tool.breaches_of(text)
    assert told.startswith("CREATE INDEX b")
    assert len(tool.breaches_of("-- locks: no\nCREATE INDEX a ON account (id);")) == 1, "no reason is no reason"


def test_only_what_is_new_is_looked_at(tmp_path: Path) -> None:
    folder = tmp_path / "store" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_old.sql").write_text("DROP TABLE resource;")
    (folder / f"{tool.FORMER['store'] + 1:04d}_new.sql").write_text("DROP TABLE resource;")
    (told,) = tool.breaches(tmp_path)
    assert "_new.sql: DROP TABLE resource" in told
    assert tool.breaches(tool.SOURCE) == []
