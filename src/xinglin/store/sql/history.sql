-- name: history_page
-- Each table gives its own newest versions, so that neither is read further than the page needs.
SELECT type, id, version, updated, deleted, content FROM (
    (SELECT type, id, version, updated, deleted, content FROM resource r
     WHERE {conditions} ORDER BY {order} LIMIT %(limit)s)
    UNION ALL
    (SELECT type, id, version, updated, deleted, content FROM resource_history r
     WHERE {conditions}{then_current} ORDER BY {order} LIMIT %(limit)s)
) AS page
ORDER BY {order} LIMIT %(limit)s

-- name: history_total
SELECT (SELECT count(*) FROM resource r WHERE {conditions})
     + (SELECT count(*) FROM resource_history r WHERE {conditions}{then_current})

-- name: superseded
-- unlimited: a moment, of what the page's own condition has let through.
-- When the version after r was written.
COALESCE(
    (SELECT h.updated FROM resource_history h WHERE h.type = r.type AND h.id = r.id AND h.version = r.version + 1),
    (SELECT c.updated FROM resource c WHERE c.type = r.type AND c.id = r.id)
)

-- name: visible_version
EXISTS (SELECT FROM resource v WHERE v.type = r.type AND v.id = r.id{visible})
