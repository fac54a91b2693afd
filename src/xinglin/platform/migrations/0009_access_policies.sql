-- Rules of roles that a hospital has in place of those that come with the software.
CREATE TABLE access_policy (
    role text PRIMARY KEY CHECK (role <> ''),
    rules jsonb NOT NULL,
    changed timestamptz NOT NULL,
    account text NOT NULL
);
