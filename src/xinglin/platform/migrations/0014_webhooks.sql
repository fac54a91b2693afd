-- Endpoints that are told of events. Secrets are sealed; the former one signs too until its time is over.
CREATE TABLE webhook (
  id text PRIMARY KEY,
  name text NOT NULL,
  url text NOT NULL,
  events text[] NOT NULL,
  campus text,
  secret bytea NOT NULL,
  former_secret bytea,
  former_until timestamptz,
  created timestamptz NOT NULL,
  off_since timestamptz
);
