-- name: canonical
-- unlimited: definitions and terminology, which are nobody's record.
-- The resources with a canonical URL, without their content, which may be large.
SELECT id, version FROM resource
WHERE type = %(type)s AND terms @> %(terms)s::bigint[] AND NOT deleted
ORDER BY updated DESC, id

-- name: profiles
-- unlimited: definitions, against which everybody's writes are held.
SELECT content FROM resource
WHERE type = 'StructureDefinition' AND terms && %(terms)s::bigint[] AND NOT deleted
ORDER BY updated DESC, id

-- name: version_of
-- unlimited: a number, of definitions and terminology.
SELECT version FROM resource WHERE type = %(type)s AND id = %(id)s AND NOT deleted

-- name: stamps
-- unlimited: tells only whether something has changed.
SELECT s.term, r.id, r.version, r.xmin::text
FROM unnest(%(terms)s::bigint[], %(types)s::text[]) AS s (term, type)
CROSS JOIN LATERAL (
    SELECT id, version, xmin FROM resource WHERE type = s.type AND terms @> ARRAY[s.term] AND NOT deleted
) AS r
