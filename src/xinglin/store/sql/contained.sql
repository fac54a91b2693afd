-- name: copy_contained
COPY search_contained (type, key, container_type, container, id, updated, content, terms, name) FROM STDIN

-- name: forget_contained
-- unlimited: gives nothing back.
WITH gone AS (
    DELETE FROM search_contained WHERE container = ANY(%(containers)s::bigint[]) RETURNING key
), dates AS (
    DELETE FROM search_date USING gone WHERE search_date.key = gone.key
), strings AS (
    DELETE FROM search_string USING gone WHERE search_string.key = gone.key
)
DELETE FROM search_number USING gone WHERE search_number.key = gone.key

-- name: contained_matches
-- Pieces that contained.py puts together. What matches: the resource that holds it, its own key and id, its content.
SELECT r.container_type AS type, r.container AS holder, r.key, r.id AS inside, r.content{sorts}
FROM search_contained r WHERE r.type = {type}{filters}

-- name: stored_matches
SELECT r.type, r.key AS holder, r.key, NULL::text AS inside, r.content{sorts}
FROM resource r WHERE r.type = {type} AND NOT r.deleted{filters}

-- name: of_containers
-- Each container once, with the value of each sort key that comes first.
SELECT m.type, m.holder, m.holder AS key, NULL::text AS inside{firsts} FROM ({matches}) AS m GROUP BY m.type, m.holder

-- name: contained_page
-- OFFSET 0: the resources are read one by one, by their keys, however many the planner expects.
SELECT m.key, c.id, {content} AS content{sorts}, m.type, m.inside FROM ({matches}) AS m CROSS JOIN LATERAL (
    SELECT c.id, c.content FROM resource c WHERE c.type = m.type AND c.key = m.holder AND NOT c.deleted{visible} OFFSET 0
) AS c

-- name: contained_total
SELECT count(*) FROM ({page}) AS page
