-- Signing in at an OpenID provider: who is who there, and who is on the way there. Such an account needs no password.
ALTER TABLE account DROP CONSTRAINT account_password;

CREATE TABLE external_identity (
  issuer text NOT NULL,
  subject text NOT NULL,
  account text NOT NULL REFERENCES account ON DELETE CASCADE,
  since timestamptz NOT NULL,
  PRIMARY KEY (issuer, subject),
  UNIQUE (account, issuer)
);

CREATE TABLE sign_in_elsewhere (
  state bytea PRIMARY KEY,
  issuer text NOT NULL,
  nonce text NOT NULL,
  verifier text NOT NULL,
  target text NOT NULL,
  expires timestamptz NOT NULL
);
CREATE INDEX sign_in_elsewhere_expires ON sign_in_elsewhere (expires);
