-- Keys by which services come in: kept as SHA-256, with what they may do.
CREATE TABLE api_key (
  id text PRIMARY KEY,
  account text NOT NULL REFERENCES account ON DELETE CASCADE,
  name text NOT NULL CHECK (name <> ''),
  digest bytea NOT NULL UNIQUE,
  scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
  created timestamptz NOT NULL,
  expires timestamptz NOT NULL,
  last_used timestamptz,
  revoked timestamptz
);
CREATE INDEX api_key_account ON api_key (account);
