-- name: listed
-- Codes that a value set names one by one.
SELECT {part} AS part, l.position::integer AS position, %({url})s::text AS url, l.code, l.display, true AS active,
    false AS abstract, NULL::json AS designations
FROM unnest(%({codes})s::text[], %({displays})s::text[]) WITH ORDINALITY AS l (code, display, position)

-- name: defined
-- Codes that a value set takes from a code system.
SELECT {part} AS part, c.position, %({url})s::text AS url, c.code, c.display, c.active, c.abstract, c.designations
FROM concept c WHERE c.system = %({system})s{filters}

-- name: within
SELECT * FROM ({members}) AS m WHERE {conditions}

-- name: member_of
EXISTS (SELECT FROM ({members}) AS o WHERE o.url = m.url AND o.code = m.code)

-- name: page_of_single
SELECT url, code, display, active, abstract, designations FROM ({members}) AS once
ORDER BY {order} OFFSET %(offset)s LIMIT %(limit)s

-- name: page_of_members
SELECT url, code, display, active, abstract, designations FROM (
    SELECT DISTINCT ON (m.url, m.code) m.* FROM ({members}) AS m ORDER BY m.url, m.code, m.part, m.position
) AS once
ORDER BY {order} OFFSET %(offset)s LIMIT %(limit)s

-- name: codes_of_members
SELECT DISTINCT m.url, m.code FROM ({members}) AS m LIMIT 10001

-- name: count_members
SELECT count(*) FROM (SELECT DISTINCT m.url, m.code FROM ({members}) AS m) AS once

-- name: one_member
SELECT m.display, m.active, m.designations FROM ({members}) AS m WHERE m.code = %(code)s AND m.url = %(system)s LIMIT 1

-- name: member_without_system
SELECT m.url, m.display, m.active, m.designations FROM ({members}) AS m WHERE m.code = %(code)s LIMIT 2

-- name: filter_below
c.code IN (
    WITH RECURSIVE below (code) AS (
        SELECT p.child FROM concept_parent p WHERE p.system = %({system})s AND p.parent = %({value})s
        UNION
        SELECT p.child FROM below JOIN concept_parent p ON p.system = %({system})s AND p.parent = below.code
    )
    SELECT code FROM below
)

-- name: filter_above
c.code IN (
    WITH RECURSIVE above (code) AS (
        SELECT %({value})s::text COLLATE "C"
        UNION
        SELECT p.parent FROM above JOIN concept_parent p ON p.system = %({system})s AND p.child = above.code
    )
    SELECT code FROM above
)

-- name: filter_code
c.code = %({value})s

-- name: filter_parent
EXISTS (SELECT FROM concept_parent p WHERE p.system = c.system AND p.child = c.code AND p.parent = ANY(%({values})s::text[]))

-- name: filter_child
EXISTS (SELECT FROM concept_parent p WHERE p.system = c.system AND p.parent = c.code AND p.child = ANY(%({values})s::text[]))

-- name: filter_column
c.{column} = ANY(%({values})s::text[])

-- name: filter_property
c.properties @> %({value})s::jsonb

-- name: filter_column_regex
c.{column} ~ %({value})s

-- name: filter_property_regex
EXISTS (
    SELECT FROM jsonb_array_elements_text(c.properties -> %({name})s::text) AS v (value) WHERE v.value ~ %({value})s
)

-- name: filter_exists
COALESCE(c.properties ? %({name})s::text, false)

-- name: filter_parent_exists
EXISTS (SELECT FROM concept_parent p WHERE p.system = c.system AND p.child = c.code)

-- name: filter_child_exists
EXISTS (SELECT FROM concept_parent p WHERE p.system = c.system AND p.parent = c.code)

-- name: filter_text
c.code IN (
    SELECT n.code FROM concept_name n WHERE n.system = %({system})s AND n.grams @> %({grams})s::integer[]
      AND (n.name LIKE %({like})s OR n.pinyin LIKE %({like})s OR n.initials LIKE %({like})s)
    UNION ALL
    SELECT k.code FROM concept k WHERE k.system = %({system})s AND lower(k.code) LIKE %({start})s
)
