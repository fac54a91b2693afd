-- How far the journals of the server's processes have gone into the audit.
CREATE TABLE audit_journal (
  journal text PRIMARY KEY,
  number bigint NOT NULL,
  at timestamptz NOT NULL
);
