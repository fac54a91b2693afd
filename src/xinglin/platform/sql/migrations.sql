-- name: migration_table_exists
SELECT to_regclass('migration') IS NOT NULL

-- name: make_migration_table
CREATE TABLE IF NOT EXISTS migration (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner text NOT NULL,
  name text NOT NULL,
  digest text NOT NULL,
  applied timestamptz NOT NULL DEFAULT now(),
  UNIQUE (owner, name)
)

-- name: applied_migrations
SELECT owner, name, digest FROM migration ORDER BY id

-- name: note_migration
INSERT INTO migration (owner, name, digest) VALUES (%s, %s, %s)

-- name: no_time_limit
SET statement_timeout = 0

-- name: usual_time_limit
RESET statement_timeout

-- name: lock_migrations
SELECT pg_try_advisory_lock(%s)

-- name: lock_wait
SELECT set_config('lock_timeout', %(milliseconds)s, false)

-- name: unlock_migrations
SELECT pg_advisory_unlock(%s)
