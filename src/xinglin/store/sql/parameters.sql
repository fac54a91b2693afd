-- name: parameters_version
SELECT version FROM search_version

-- name: parameters_read
-- In one statement, so that the version is that of the definitions.
SELECT v.version, p.id, p.definition::text, NOT EXISTS (
    SELECT FROM search_reindex r WHERE r.parameter = p.id AND r.finished IS NULL
) FROM search_version v LEFT JOIN search_parameter p ON true ORDER BY p.id

-- name: parameters_change
-- Whoever defines another parameter waits until this transaction is over.
UPDATE search_version SET version = gen_random_uuid()::text RETURNING version

-- name: parameters_former
SELECT definition::text FROM search_parameter WHERE id = %(id)s

-- name: parameters_define
INSERT INTO search_parameter (id, definition) VALUES (%(id)s, %(definition)s)
ON CONFLICT (id) DO UPDATE SET definition = excluded.definition

-- name: parameters_retire
DELETE FROM search_parameter WHERE id = %(id)s
