-- Keys by which values of resources are encrypted and found. A secret that was destroyed leaves its row.
CREATE TABLE data_key (
  id text COLLATE "C" PRIMARY KEY,
  suite text NOT NULL,
  sealed bytea,
  made timestamptz NOT NULL,
  used_from timestamptz NOT NULL,
  retired timestamptz,
  CONSTRAINT data_key_secret CHECK ((sealed IS NULL) = (retired IS NOT NULL))
);
