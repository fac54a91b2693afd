-- Second factors: the secret of an authenticator app, sealed, and recovery codes as SHA-256, each for one use.
CREATE TABLE second_factor (
  account text PRIMARY KEY REFERENCES account ON DELETE CASCADE,
  secret bytea NOT NULL,
  since timestamptz NOT NULL,
  last_step bigint NOT NULL
);

CREATE TABLE recovery_code (
  account text NOT NULL REFERENCES account ON DELETE CASCADE,
  code bytea NOT NULL,
  used timestamptz,
  PRIMARY KEY (account, code)
);
