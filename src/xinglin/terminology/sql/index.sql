-- name: lock_index
SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, 11))

-- name: code_system
SELECT number, id, indexed, url, version, name, value_set, content FROM code_system WHERE id = %(id)s

-- name: code_system_of_value_set
SELECT id FROM code_system WHERE value_set = %(url)s ORDER BY number DESC

-- name: write_code_system
INSERT INTO code_system (id, indexed, url, version, name, value_set, content)
VALUES (%(id)s, %(indexed)s, %(url)s, %(version)s, %(name)s, %(value_set)s, %(content)s)
ON CONFLICT (id) DO UPDATE SET indexed = excluded.indexed, url = excluded.url, version = excluded.version,
    name = excluded.name, value_set = excluded.value_set, content = excluded.content
RETURNING number

-- name: forget_concepts
DELETE FROM concept WHERE system = %(system)s

-- name: forget_parents
DELETE FROM concept_parent WHERE system = %(system)s

-- name: forget_names
DELETE FROM concept_name WHERE system = %(system)s

-- name: copy_concepts
COPY concept (system, code, position, display, active, abstract, definition, designations, properties) FROM STDIN

-- name: copy_parents
COPY concept_parent (system, child, parent) FROM STDIN

-- name: copy_names
COPY concept_name (system, code, width, name, pinyin, initials, grams) FROM STDIN

-- name: analyze
ANALYZE concept, concept_parent, concept_name, concept_mapping

-- name: concept_map
SELECT number, indexed FROM concept_map WHERE id = %(id)s

-- name: write_concept_map
INSERT INTO concept_map (id, indexed) VALUES (%(id)s, %(indexed)s)
ON CONFLICT (id) DO UPDATE SET indexed = excluded.indexed
RETURNING number

-- name: forget_mappings
DELETE FROM concept_mapping WHERE map = %(map)s

-- name: copy_mappings
COPY concept_mapping (map, position, source_system, source_code, target_system, target_code, display, equivalence,
    comment) FROM STDIN

-- name: count_concepts
SELECT count(*) FROM concept WHERE system = %(system)s

-- name: forget_code_system
DELETE FROM code_system WHERE id = ANY(%(ids)s::text[])

-- name: forget_concept_map
DELETE FROM concept_map WHERE id = ANY(%(ids)s::text[])
