-- Accounts, sessions, audit, outbox and deliveries.

CREATE TABLE account (
  id text PRIMARY KEY,
  login text NOT NULL UNIQUE CHECK (login <> ''),
  name text NOT NULL CHECK (name <> ''),
  password text,
  roles text[] NOT NULL DEFAULT '{}',  -- where there is no post
  practitioner text CHECK (practitioner ~ '^Practitioner/[A-Za-z0-9.-]{1,64}$'),
  locale text NOT NULL,
  active boolean NOT NULL DEFAULT true,
  created timestamptz NOT NULL,
  password_changed timestamptz NOT NULL,
  kind text NOT NULL DEFAULT 'staff' CHECK (kind IN ('staff', 'patient', 'service')),
  patient text CHECK (patient ~ '^Patient/[A-Za-z0-9.-]{1,64}$'),
  post text CHECK (post ~ '^PractitionerRole/[A-Za-z0-9.-]{1,64}$'),  -- the last one in force
  must_change boolean NOT NULL DEFAULT false,  -- the password, before anything else
  CONSTRAINT account_patient CHECK ((kind = 'patient') = (patient IS NOT NULL)),
  CONSTRAINT account_service CHECK (kind <> 'service' OR (password IS NULL AND practitioner IS NULL))
);

-- Tokens are kept as SHA-256 only: who reads this table cannot sign in with it.
CREATE TABLE session (
  token bytea PRIMARY KEY,
  account text NOT NULL REFERENCES account ON DELETE CASCADE,
  csrf text NOT NULL,
  client text NOT NULL,
  created timestamptz NOT NULL,
  seen timestamptz NOT NULL,
  expires timestamptz NOT NULL,
  post text  -- the PractitionerRole in force
);
CREATE INDEX session_account ON session (account);
CREATE INDEX session_expires ON session (expires);

-- Argon2id hashes of passwords that must not come back at once.
CREATE TABLE former_password (
  account text NOT NULL REFERENCES account ON DELETE CASCADE,
  ended timestamptz NOT NULL,
  password text NOT NULL,
  PRIMARY KEY (account, ended)
);

-- Second factors: the secret of an authenticator app, sealed, with the last 30 seconds whose code was used.
CREATE TABLE second_factor (
  account text PRIMARY KEY REFERENCES account ON DELETE CASCADE,
  secret bytea NOT NULL,
  since timestamptz NOT NULL,
  last_step bigint NOT NULL
);

-- Codes for those who have lost it, as SHA-256, each for one use.
CREATE TABLE recovery_code (
  account text NOT NULL REFERENCES account ON DELETE CASCADE,
  code bytea NOT NULL,
  used timestamptz,
  PRIMARY KEY (account, code)
);

-- Sign-ins that lack something: a second factor, or a new password. Their tokens open nothing but the next step.
CREATE TABLE sign_in_step (
  token bytea PRIMARY KEY,
  account text NOT NULL REFERENCES account ON DELETE CASCADE,
  proven text[] NOT NULL,
  client text NOT NULL,
  expires timestamptz NOT NULL
);
CREATE INDEX sign_in_step_account ON sign_in_step (account);
CREATE INDEX sign_in_step_expires ON sign_in_step (expires);

-- Failures count for a subject from one network, so that nobody can lock another one out: a login, or an account's second
-- factor. An empty subject counts all logins from a network; an empty client counts one subject from everywhere. The
-- subject is kept as SHA-256, since people type their password into the field of the login by mistake.
CREATE TABLE sign_in_attempt (
  subject bytea NOT NULL,
  client text NOT NULL,
  failures integer NOT NULL,
  last timestamptz NOT NULL,
  PRIMARY KEY (subject, client)
);
CREATE INDEX sign_in_attempt_last ON sign_in_attempt (last);

-- Whence a subject has succeeded before: those are not slowed down by what strangers do.
CREATE TABLE sign_in_known (
  subject bytea NOT NULL,
  client text NOT NULL,
  last timestamptz NOT NULL,
  PRIMARY KEY (subject, client)
);
CREATE INDEX sign_in_known_last ON sign_in_known (last);

-- Who is who at an OpenID provider, by the subject there.
CREATE TABLE external_identity (
  issuer text NOT NULL,
  subject text NOT NULL,
  account text NOT NULL REFERENCES account ON DELETE CASCADE,
  since timestamptz NOT NULL,
  PRIMARY KEY (issuer, subject),
  UNIQUE (account, issuer)
);

-- Who is on the way there, by the SHA-256 of the state that must come back.
CREATE TABLE sign_in_elsewhere (
  state bytea PRIMARY KEY,
  issuer text NOT NULL,
  nonce text NOT NULL,
  verifier text NOT NULL,
  target text NOT NULL,
  expires timestamptz NOT NULL
);
CREATE INDEX sign_in_elsewhere_expires ON sign_in_elsewhere (expires);

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

-- Who did what to which resources.
CREATE TABLE audit_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  account text,
  name text NOT NULL,
  roles text[] NOT NULL,
  action text NOT NULL CHECK (action <> ''),
  command text NOT NULL CHECK (command <> ''),
  entities text[] NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('success', 'refused', 'failed')),
  client text,
  detail text
);
CREATE INDEX audit_event_at ON audit_event (at);
CREATE INDEX audit_event_account ON audit_event (account, at);
CREATE INDEX audit_event_entities ON audit_event USING gin (entities);

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit: % of % is refused, the record only grows', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

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

-- How far the journals of the server's processes have gone into the audit.
CREATE TABLE audit_journal (
  journal text PRIMARY KEY,
  number bigint NOT NULL,
  at timestamptz NOT NULL
);

-- Events on their way out. A row goes when all its handlers have done their work (`done` names those that have); a
-- parked one waits for a person.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL,
  event text NOT NULL CHECK (event <> ''),
  payload jsonb NOT NULL,
  at timestamptz NOT NULL,
  done text[] NOT NULL DEFAULT '{}',
  attempts integer NOT NULL DEFAULT 0,
  next_attempt timestamptz NOT NULL,
  error text,
  parked timestamptz
);
CREATE INDEX outbox_waiting ON outbox (id) WHERE parked IS NULL;
CREATE INDEX outbox_key ON outbox (key, id) WHERE parked IS NULL;

CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('outbox', '');
  RETURN NULL;
END $$;
CREATE TRIGGER notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify();

-- What goes out to others by HTTP or a broker, in the order of its rows for each key of a channel.
CREATE TABLE delivery (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  channel text NOT NULL CHECK (channel <> ''),
  key text NOT NULL,
  payload jsonb NOT NULL,
  at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX delivery_of_channel ON delivery (channel, id);

-- Channels on which something failed: they rest until the next attempt, or, once held, until a person lets them go on.
CREATE TABLE delivery_pause (
  channel text PRIMARY KEY,
  next_attempt timestamptz NOT NULL,
  held timestamptz,
  error text NOT NULL
);

CREATE FUNCTION delivery_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('delivery', '');
  RETURN NULL;
END $$;
CREATE TRIGGER notify AFTER INSERT ON delivery FOR EACH STATEMENT EXECUTE FUNCTION delivery_notify();
CREATE TRIGGER notify AFTER DELETE ON delivery_pause FOR EACH ROW EXECUTE FUNCTION delivery_notify();

CREATE TABLE number_series (
    series text PRIMARY KEY,
    value bigint NOT NULL CHECK (value > 0)
);

CREATE TABLE idempotency_key (
    account text NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 8 AND 200),
    digest text NOT NULL,
    result text,
    at timestamptz NOT NULL,
    PRIMARY KEY (account, key)
);

CREATE INDEX idempotency_key_at ON idempotency_key (at);

-- Rules of roles that a hospital has in place of those that come with the software.
CREATE TABLE access_policy (
    role text PRIMARY KEY CHECK (role <> ''),
    rules jsonb NOT NULL,
    changed timestamptz NOT NULL,
    account text NOT NULL
);

-- Where a job failed the last time. Jobs are procrastinate's own table, whose rows come and go by its functions.
CREATE TABLE job_failure (
    job bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    error text NOT NULL
);

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

-- Endpoints that are told of events. Secrets are sealed; the former one signs too until its time is over.
CREATE TABLE webhook (
  id text PRIMARY KEY,
  name text NOT NULL,
  url text NOT NULL,
  events text[] NOT NULL,                -- names of the types that it is told of
  campus text,                           -- reference of the one whose events it is told of; NULL: all
  secret bytea NOT NULL,
  former_secret bytea,
  former_until timestamptz,
  created timestamptz NOT NULL,
  off_since timestamptz
);

-- Secrets by which pseudonyms and shifted dates of a project are made, sealed; who had one could undo them.
CREATE TABLE deidentification_key (
  project text COLLATE "C" PRIMARY KEY,
  suite text NOT NULL,
  sealed bytea NOT NULL,
  made timestamptz NOT NULL
);

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
