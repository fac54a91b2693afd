-- name: concept
SELECT code, display, active, abstract, definition, designations, properties FROM concept
WHERE system = %(system)s AND code = %(code)s

-- name: concept_first
SELECT code, display FROM concept WHERE system = %(system)s ORDER BY position LIMIT %(limit)s

-- name: displays
SELECT code, display FROM concept WHERE system = %(system)s AND code = ANY(%(codes)s::text[])

-- name: parents
SELECT parent FROM concept_parent WHERE system = %(system)s AND child = %(code)s ORDER BY parent

-- name: children
SELECT child FROM concept_parent WHERE system = %(system)s AND parent = %(code)s ORDER BY child

-- name: is_below
WITH RECURSIVE above (code) AS (
    SELECT %(below)s::text COLLATE "C"
    UNION
    SELECT p.parent FROM above JOIN concept_parent p ON p.system = %(system)s AND p.child = above.code
)
SELECT EXISTS (SELECT FROM above WHERE code = %(above)s)

-- name: starting
-- The best of what starts with a text: a code (0), a name (1), a sound (2). `high` is the text and the last character.
WITH hit AS (
    SELECT code, 0 AS rank, length(display) AS width FROM concept
    WHERE system = %(system)s AND lower(code) >= %(low)s AND lower(code) < %(high)s
    UNION ALL
    SELECT code, 1, width FROM concept_name WHERE system = %(system)s AND name >= %(low)s AND name < %(high)s
    UNION ALL
    SELECT code, 2, width FROM concept_name WHERE system = %(system)s AND pinyin >= %(low)s AND pinyin < %(high)s
    UNION ALL
    SELECT code, 2, width FROM concept_name WHERE system = %(system)s AND initials >= %(low)s AND initials < %(high)s
), best AS (
    SELECT code, min(rank) AS rank, min(width) AS width FROM hit GROUP BY code
    ORDER BY rank, width, code LIMIT %(limit)s
)
SELECT c.code, c.display FROM best JOIN concept c ON c.system = %(system)s AND c.code = best.code
ORDER BY best.rank, best.width, c.code

-- name: containing
-- The best of the first that contain a text: in a name (3), in a sound (4).
WITH hit AS (
    SELECT code, CASE WHEN name LIKE %(like)s THEN 3 ELSE 4 END AS rank, width FROM concept_name
    WHERE system = %(system)s AND grams @> %(grams)s::integer[]
      AND (name LIKE %(like)s OR pinyin LIKE %(like)s OR initials LIKE %(like)s)
    LIMIT %(candidates)s
), best AS (
    SELECT code, min(rank) AS rank, min(width) AS width FROM hit WHERE code <> ALL(%(known)s::text[]) GROUP BY code
    ORDER BY rank, width, code LIMIT %(limit)s
)
SELECT c.code, c.display FROM best JOIN concept c ON c.system = %(system)s AND c.code = best.code
ORDER BY best.rank, best.width, c.code

-- name: codes_below
-- A code and all that it subsumes.
WITH RECURSIVE below (code) AS (
    SELECT %(code)s::text COLLATE "C"
    UNION
    SELECT p.child FROM below JOIN concept_parent p ON p.system = %(system)s AND p.parent = below.code
)
SELECT code FROM below LIMIT %(limit)s

-- name: codes_above
-- A code and all that subsume it.
WITH RECURSIVE above (code) AS (
    SELECT %(code)s::text COLLATE "C"
    UNION
    SELECT p.parent FROM above JOIN concept_parent p ON p.system = %(system)s AND p.child = above.code
)
SELECT code FROM above LIMIT %(limit)s
