-- name: everything
-- What refers to one resource, in the order in which it came.
SELECT key, type, id, content FROM resource r
WHERE terms && %(terms)s::bigint[] AND NOT deleted AND key > %(after)s
  AND type = ANY(%(types)s::text[]) AND (%(since)s::timestamptz IS NULL OR updated >= %(since)s){visible}
ORDER BY key LIMIT %(limit)s

-- name: expunge_history
-- unlimited: for the custodian alone, who may do this to all.
DELETE FROM resource_history WHERE type = %(type)s AND id = %(id)s

-- name: expunge_deleted
-- unlimited: for the custodian alone, who may do this to all.
WITH gone AS (
    DELETE FROM resource WHERE type = %(type)s AND deleted AND id IN (
        SELECT id FROM resource WHERE type = %(type)s AND deleted AND (%(id)s::text IS NULL OR id = %(id)s)
        ORDER BY id LIMIT %(limit)s FOR UPDATE
    )
    RETURNING id
), versions AS (
    DELETE FROM resource_history h USING gone WHERE h.type = %(type)s AND h.id = gone.id
    RETURNING h.id
)
SELECT gone.id, (SELECT count(*) FROM versions v WHERE v.id = gone.id) FROM gone ORDER BY gone.id

-- name: export
SELECT content FROM resource r
WHERE type = %(type)s AND NOT deleted{visible} AND (%(since)s::timestamptz IS NULL OR updated >= %(since)s)
  AND (%(terms)s::bigint[] IS NULL OR terms && %(terms)s::bigint[])
  AND (%(ids)s::text[] IS NULL OR id = ANY(%(ids)s::text[]))
ORDER BY key

-- name: one_snapshot
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY

-- name: types_present
-- unlimited: names of types; what is exported of each is guarded.
SELECT DISTINCT type FROM resource WHERE NOT deleted
