-- SQL can't seal: what `headers` holds from before, the worker or the next write of a Subscription seals, and empties it.
ALTER TABLE subscription ADD COLUMN header_names text[] NOT NULL DEFAULT '{}';
ALTER TABLE subscription ADD COLUMN header_values bytea[] NOT NULL DEFAULT '{}';
ALTER TABLE subscription ALTER COLUMN headers SET DEFAULT '{}';
