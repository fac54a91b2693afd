-- name: reindex_start
-- unlimited: indexing is the house's own work, and shown to nobody.
-- From then on every write makes the new terms itself, so only what is there now has to be done.
INSERT INTO search_reindex (type, upto_key, started, total)
SELECT %(type)s::text, max(key), %(now)s, count(*) FROM (
    SELECT key FROM resource WHERE type = coalesce(%(type)s::text, type)
    UNION ALL SELECT container FROM search_contained WHERE type = %(type)s::text
) AS concerned HAVING count(*) > 0
RETURNING id

-- name: reindex_next
-- One worker at a time goes on with a run; another one that looks for work takes the next run, or none.
SELECT id, type, after_key, upto_key, awaited FROM search_reindex
WHERE finished IS NULL ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1

-- name: reindex_later
-- A run that begins when nobody writes by the former parameters any more.
INSERT INTO search_reindex (type, started, parameter)
SELECT t.type, %(now)s, %(parameter)s::text FROM unnest(%(types)s::text[]) AS t (type)

-- name: writers
-- Transactions that have the lock on the resources that every statement takes before it writes, and takes before it
-- looks at the version of the parameters.
SELECT DISTINCT l.virtualtransaction FROM pg_locks l
WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.relation = 'resource'::regclass OR l.relation IN (SELECT relid FROM pg_partition_tree('resource')))
  AND (%(awaited)s::text[] IS NULL OR l.virtualtransaction = ANY(%(awaited)s::text[]))

-- name: reindex_await
UPDATE search_reindex SET awaited = %(awaited)s::text[] WHERE id = %(id)s

-- name: reindex_begin
-- unlimited: indexing is the house's own work, and shown to nobody.
UPDATE search_reindex SET upto_key = greatest(
    (SELECT max(key) FROM resource WHERE type = coalesce(search_reindex.type, type)),
    (SELECT max(container) FROM search_contained WHERE type = search_reindex.type), 0
) WHERE id = %(id)s RETURNING upto_key

-- name: reindex_batch
-- unlimited: indexing is the house's own work, and shown to nobody.
-- Each type gives its next keys from its index: without a type, a batch would have to sort the whole store. Resources
-- that contain one of the type are indexed with it.
WITH chosen AS (
    SELECT k.type, k.key FROM unnest(%(types)s::text[]) AS t (type) CROSS JOIN LATERAL (
        SELECT r.type, r.key FROM resource r
        WHERE r.type = t.type AND r.key > %(after)s AND r.key <= %(upto)s ORDER BY r.key LIMIT %(size)s
    ) AS k
    UNION (
        SELECT c.container_type, c.container FROM search_contained c
        WHERE c.type = %(contained)s AND c.container > %(after)s AND c.container <= %(upto)s
        GROUP BY c.container_type, c.container ORDER BY c.container LIMIT %(size)s
    ) ORDER BY key LIMIT %(size)s
)
SELECT r.key, r.type, r.id, r.version, r.updated, r.content FROM chosen c JOIN resource r ON r.type = c.type AND r.key = c.key
ORDER BY r.key FOR UPDATE OF r

-- name: reindex_left
-- unlimited: indexing is the house's own work, and shown to nobody.
-- Resources may have been removed for good while a batch waited for them: few of them are no sign of the end.
SELECT EXISTS (SELECT FROM resource WHERE type = ANY(%(types)s::text[]) AND key > %(after)s AND key <= %(upto)s)
OR EXISTS (SELECT FROM search_contained WHERE type = %(contained)s AND container > %(after)s AND container <= %(upto)s)

-- name: reindex_update
WITH dates AS (
    DELETE FROM search_date WHERE key = ANY(%(keys)s::bigint[])
), strings AS (
    DELETE FROM search_string WHERE key = ANY(%(keys)s::bigint[])
), numbers AS (
    DELETE FROM search_number WHERE key = ANY(%(keys)s::bigint[])
)
UPDATE resource r SET terms = n.terms::bigint[], name = n.name
FROM unnest(%(types)s::text[], %(keys)s::bigint[], %(terms)s::text[], %(names)s::bigint[]) AS n (type, key, terms, name)
WHERE r.type = n.type AND r.key = n.key

-- name: reindex_advance
UPDATE search_reindex SET after_key = %(after)s, done = done + %(done)s, finished = %(finished)s WHERE id = %(id)s

-- name: reindex_status
SELECT id, type, started, finished, done, total FROM search_reindex ORDER BY id

-- name: reindex_rows
-- unlimited: indexing is the house's own work, and shown to nobody.
SELECT key, type, id, version, updated, content FROM resource
WHERE (type, id) IN (SELECT * FROM unnest(%(types)s::text[], %(ids)s::text[]))
ORDER BY key FOR UPDATE
