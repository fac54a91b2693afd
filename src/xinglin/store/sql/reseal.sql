-- name: reseal_start
INSERT INTO search_reseal (not_before, started) VALUES (%(not_before)s, %(now)s) RETURNING id

-- name: reseal_next
-- One worker at a time goes on with a run.
SELECT id, place, after FROM search_reseal
WHERE finished IS NULL AND not_before <= %(now)s ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1

-- name: reseal_advance
UPDATE search_reseal SET place = %(place)s, after = %(after)s, looked = looked + %(looked)s, done = done + %(done)s,
    finished = %(finished)s WHERE id = %(id)s

-- name: reseal_status
SELECT id, started, not_before, finished, place, looked, done FROM search_reseal ORDER BY id

-- name: reseal_resource
-- unlimited: encrypting is the house's own work, and shown to nobody.
SELECT key, type, id, version, updated, content, content::text FROM resource
WHERE type = %(type)s AND key > %(key)s AND NOT deleted ORDER BY key LIMIT %(size)s FOR UPDATE

-- name: reseal_container
-- unlimited: encrypting is the house's own work, and shown to nobody.
WITH chosen AS (
    SELECT DISTINCT container_type AS type, container AS key FROM search_contained
    WHERE type = ANY(%(types)s::text[]) AND container > %(key)s ORDER BY container LIMIT %(size)s
)
SELECT r.key, r.type, r.id, r.version, r.updated, r.content, r.content::text
FROM chosen c JOIN resource r ON r.type = c.type AND r.key = c.key ORDER BY r.key FOR UPDATE OF r

-- name: reseal_history
-- unlimited: encrypting is the house's own work, and shown to nobody.
-- So many rows whatever is in them, so that each batch costs the same.
SELECT type, id, version, updated, content, content::text, content::text LIKE ANY(%(persons)s::text[])
FROM resource_history WHERE (type, id, version) > (%(type)s, %(id)s, %(version)s)
ORDER BY type, id, version LIMIT %(size)s

-- name: reseal_write
UPDATE resource r SET content = n.content::json
FROM unnest(%(types)s::text[], %(keys)s::bigint[], %(contents)s::text[]) AS n (type, key, content)
WHERE r.type = n.type AND r.key = n.key

-- name: reseal_write_history
UPDATE resource_history h SET content = n.content::json
FROM unnest(%(types)s::text[], %(ids)s::text[], %(versions)s::integer[], %(contents)s::text[])
    AS n (type, id, version, content)
WHERE h.type = n.type AND h.id = n.id AND h.version = n.version

-- name: reseal_uses
-- unlimited: tells only whether a key is still in use.
SELECT EXISTS (SELECT FROM resource WHERE type = ANY(%(types)s::text[]) AND content::text LIKE %(sealed)s)
    OR EXISTS (SELECT FROM search_contained WHERE content::text LIKE %(sealed)s)
    OR EXISTS (SELECT FROM resource_history WHERE content::text LIKE %(sealed)s)

-- name: containers_of
-- unlimited: names of types.
SELECT DISTINCT container_type FROM search_contained WHERE type = ANY(%(types)s::text[])
