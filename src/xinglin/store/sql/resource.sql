-- name: read
-- The type stands in the text: so the plan that is kept is of one partition, not of all.
SELECT version, updated, deleted, content FROM resource r WHERE type = {type} AND id = %(id)s{visible}

-- name: read_locked
SELECT version, updated, deleted, content FROM resource r WHERE type = {type} AND id = %(id)s{visible} FOR UPDATE OF r

-- name: read_many
SELECT r.type, r.id, r.content
FROM unnest(%(types)s::text[], %(ids)s::text[]) AS wanted (type, id)
JOIN resource r ON r.type = wanted.type AND r.id = wanted.id
WHERE NOT r.deleted{visible}

-- name: vread
SELECT version, updated, deleted, content FROM resource
WHERE type = %(type)s AND id = %(id)s AND version = %(version)s{now}
UNION ALL
SELECT version, updated, deleted, content FROM resource_history
WHERE type = %(type)s AND id = %(id)s AND version = %(version)s{now}

-- name: history
SELECT version, updated, deleted, content FROM resource WHERE type = %(type)s AND id = %(id)s{now}
UNION ALL
SELECT version, updated, deleted, content FROM resource_history WHERE type = %(type)s AND id = %(id)s{now}
ORDER BY version DESC

-- name: visible_now
 AND EXISTS (SELECT FROM resource r WHERE r.type = %(type)s AND r.id = %(id)s{visible})

-- name: not_allowed
-- Of these, the ones that are there and that the condition leaves out.
SELECT type, id FROM resource WHERE (type, id) IN (SELECT * FROM unnest(%(types)s::text[], %(ids)s::text[]))
EXCEPT SELECT type, id FROM resource r
WHERE (type, id) IN (SELECT * FROM unnest(%(types)s::text[], %(ids)s::text[])){visible}

-- name: lock
-- unlimited: versions only; `permitting` has looked, or looks, whether they may be changed.
-- In one order for everyone, so that two bundles can't wait for each other.
SELECT type, id, version, deleted FROM resource
WHERE (type, id) IN (SELECT * FROM unnest(%(types)s::text[], %(ids)s::text[]))
ORDER BY type, id
FOR UPDATE

-- name: lock_condition
SELECT pg_advisory_xact_lock(hashtextextended(%(condition)s, 7))

-- name: create
WITH made AS (
    INSERT INTO resource (type, id, version, updated, content, terms, name)
    VALUES (%(type)s, %(id)s, %(version)s, %(updated)s, %(content)s, %(terms)s::bigint[], %(name)s)
    ON CONFLICT (type, id) DO NOTHING
    RETURNING key
), dates AS (
    INSERT INTO search_date (key, parameter, low, high, patient)
    SELECT made.key, d.* FROM made, unnest(
        %(date_parameters)s::integer[], %(date_lows)s::timestamptz[], %(date_highs)s::timestamptz[],
        %(date_patients)s::bigint[]
    ) AS d
), strings AS (
    INSERT INTO search_string (key, parameter, value)
    SELECT made.key, s.parameter, s.value
    FROM made, unnest(%(string_parameters)s::integer[], %(string_values)s::text[]) AS s (parameter, value)
), numbers AS (
    INSERT INTO search_number (key, parameter, low, high, unit, code)
    SELECT made.key, n.* FROM made, unnest(
        %(number_parameters)s::integer[], %(number_lows)s::numeric[], %(number_highs)s::numeric[],
        %(number_units)s::bigint[], %(number_codes)s::bigint[]
    ) AS n
), texts AS (
    INSERT INTO search_text (parameter, value, term)
    SELECT t.* FROM made, unnest(
        %(text_parameters)s::integer[], %(text_values)s::text[], %(text_terms)s::bigint[]
    ) AS t (parameter, value, term)
    WHERE NOT EXISTS (SELECT FROM search_text k WHERE k.parameter = t.parameter AND k.value = t.value)
), noted AS (
    INSERT INTO resource_change (type, id, version)
    SELECT %(type)s, %(id)s, %(version)s FROM made
    WHERE EXISTS (SELECT FROM subscription s WHERE s.type = %(type)s AND s.status <> 'off')
)
SELECT key, (SELECT version FROM search_version) FROM made

-- name: update
-- unlimited: tells only whether the caller's own resource contains others.
WITH superseded AS (
    INSERT INTO resource_history (type, id, version, updated, deleted, content)
    SELECT type, id, version, updated, deleted, content FROM resource WHERE type = {type} AND id = %(id)s
), changed AS (
    UPDATE resource
    SET version = %(version)s, updated = %(updated)s, deleted = %(deleted)s, content = %(content)s,
        terms = %(terms)s::bigint[]
    WHERE type = {type} AND id = %(id)s
    RETURNING key
), no_dates AS (
    DELETE FROM search_date USING changed WHERE search_date.key = changed.key
), no_strings AS (
    DELETE FROM search_string USING changed WHERE search_string.key = changed.key
), no_numbers AS (
    DELETE FROM search_number USING changed WHERE search_number.key = changed.key
), dates AS (
    INSERT INTO search_date (key, parameter, low, high, patient)
    SELECT changed.key, d.* FROM changed, unnest(
        %(date_parameters)s::integer[], %(date_lows)s::timestamptz[], %(date_highs)s::timestamptz[],
        %(date_patients)s::bigint[]
    ) AS d
), strings AS (
    INSERT INTO search_string (key, parameter, value)
    SELECT changed.key, s.parameter, s.value
    FROM changed, unnest(%(string_parameters)s::integer[], %(string_values)s::text[]) AS s (parameter, value)
), numbers AS (
    INSERT INTO search_number (key, parameter, low, high, unit, code)
    SELECT changed.key, n.* FROM changed, unnest(
        %(number_parameters)s::integer[], %(number_lows)s::numeric[], %(number_highs)s::numeric[],
        %(number_units)s::bigint[], %(number_codes)s::bigint[]
    ) AS n
), texts AS (
    INSERT INTO search_text (parameter, value, term)
    SELECT t.* FROM changed, unnest(
        %(text_parameters)s::integer[], %(text_values)s::text[], %(text_terms)s::bigint[]
    ) AS t (parameter, value, term)
    WHERE NOT EXISTS (SELECT FROM search_text k WHERE k.parameter = t.parameter AND k.value = t.value)
), noted AS (
    INSERT INTO resource_change (type, id, version, deleted)
    SELECT {type}, %(id)s, %(version)s, %(deleted)s FROM changed
    WHERE EXISTS (
        SELECT FROM subscription s
        WHERE s.type = {type} AND s.status <> 'off' AND (s.topic IS NOT NULL OR NOT %(deleted)s)
    )
)
SELECT key, (SELECT version FROM search_version), EXISTS (SELECT FROM search_contained c WHERE c.container = changed.key)
FROM changed

-- name: next_keys
SELECT nextval('resource_key') FROM generate_series(1, %(count)s)

-- name: copy_resources
COPY resource (type, key, id, version, updated, content, terms, name) FROM STDIN

-- name: copy_dates
COPY search_date (key, parameter, low, high, patient) FROM STDIN

-- name: copy_strings
COPY search_string (key, parameter, value) FROM STDIN

-- name: copy_numbers
COPY search_number (key, parameter, low, high, unit, code) FROM STDIN

-- name: add_texts
-- Texts that are there already, which most are, cost a look into the index.
INSERT INTO search_text (parameter, value, term)
SELECT t.* FROM unnest(%(text_parameters)s::integer[], %(text_values)s::text[], %(text_terms)s::bigint[])
    AS t (parameter, value, term)
WHERE NOT EXISTS (SELECT FROM search_text k WHERE k.parameter = t.parameter AND k.value = t.value)

-- name: to_analyze
-- Partitions one by one: statistics over all of them, which ANALYZE of the whole would make too, serve nobody.
SELECT relid::regclass::text FROM pg_partition_tree('resource') WHERE isleaf
UNION ALL VALUES ('search_date'), ('search_string'), ('search_number'), ('search_text'), ('search_contained')

-- name: analyze
ANALYZE {table}
