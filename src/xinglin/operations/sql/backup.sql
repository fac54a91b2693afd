-- name: export_snapshot
SELECT pg_export_snapshot()

-- name: plain_texts
-- Rows are compared as texts, which must not depend on anybody's settings.
SELECT set_config('DateStyle', 'ISO, YMD', true), set_config('IntervalStyle', 'postgres', true),
  set_config('TimeZone', 'UTC', true), set_config('bytea_output', 'hex', true),
  set_config('extra_float_digits', '1', true), set_config('statement_timeout', '0', true)

-- name: tables
SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r' AND nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
ORDER BY nspname, relname

-- name: content_of_table
-- Sums of both halves of each row's hash: the order of the rows does not matter, and none may be missing or double.
SELECT count(*), coalesce(sum(('x' || left(hash, 16))::bit(64)::bigint::numeric), 0)::text,
  coalesce(sum(('x' || right(hash, 16))::bit(64)::bigint::numeric), 0)::text
FROM (SELECT encode(sha256(convert_to(held::text, 'UTF8')), 'hex') AS hash FROM {}.{} AS held) hashes

-- name: sequences
SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL ORDER BY 1

-- name: anything_there
SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema' ORDER BY 1 LIMIT 1

-- name: analyze
ANALYZE
