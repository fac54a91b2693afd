-- Keys by which people sign. The private one lies sealed; one that was revoked signs no more, and still verifies.
CREATE TABLE signing_key (
  id text COLLATE "C" PRIMARY KEY,
  owner text COLLATE "C" NOT NULL,
  algorithm text NOT NULL,
  public bytea NOT NULL,
  sealed bytea NOT NULL,
  made timestamptz NOT NULL,
  revoked timestamptz
);
CREATE UNIQUE INDEX signing_key_in_use ON signing_key (owner, algorithm) WHERE revoked IS NULL;
