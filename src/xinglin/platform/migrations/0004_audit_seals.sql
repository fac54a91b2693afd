-- Rows that no seal covers yet. The sealer takes them out in the transaction of the seal, so it meets each row once,
-- whatever the order in which transactions commit.
CREATE TABLE audit_unsealed (
  event bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- Blocks of audit rows, each bound to the one before it by the hash `previous` (ADR 23).
CREATE TABLE audit_seal (
  number bigint PRIMARY KEY CHECK (number > 0),
  at timestamptz NOT NULL,
  algorithm text NOT NULL,
  key text NOT NULL,
  drained boolean NOT NULL,
  events bigint[] NOT NULL,
  digests bytea NOT NULL,
  previous bytea NOT NULL,
  digest bytea NOT NULL,
  mac bytea NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- What was recorded before is sealed as it is now.
INSERT INTO audit_unsealed SELECT id FROM audit_event ORDER BY id;
