-- Former passwords, sign-ins that are not finished, and whence somebody has signed in before.
ALTER TABLE account ADD COLUMN must_change boolean NOT NULL DEFAULT false;

CREATE TABLE former_password (
  account text NOT NULL REFERENCES account ON DELETE CASCADE,
  ended timestamptz NOT NULL,
  password text NOT NULL,
  PRIMARY KEY (account, ended)
);

CREATE TABLE sign_in_known (
  subject bytea NOT NULL,
  client text NOT NULL,
  last timestamptz NOT NULL,
  PRIMARY KEY (subject, client)
);
CREATE INDEX sign_in_known_last ON sign_in_known (last);

-- Of a second factor too, so not of logins only; what is forgotten with the table are delays of the last day.
DROP TABLE sign_in_attempt;
CREATE TABLE sign_in_attempt (
  subject bytea NOT NULL,
  client text NOT NULL,
  failures integer NOT NULL,
  last timestamptz NOT NULL,
  PRIMARY KEY (subject, client)
);
CREATE INDEX sign_in_attempt_last ON sign_in_attempt (last);

CREATE TABLE sign_in_step (
  token bytea PRIMARY KEY,
  account text NOT NULL REFERENCES account ON DELETE CASCADE,
  proven text[] NOT NULL,
  client text NOT NULL,
  expires timestamptz NOT NULL
);
CREATE INDEX sign_in_step_account ON sign_in_step (account);
CREATE INDEX sign_in_step_expires ON sign_in_step (expires);
