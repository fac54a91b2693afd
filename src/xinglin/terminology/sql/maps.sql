-- name: translate
SELECT map, target_system, target_code, display, equivalence, comment FROM concept_mapping
WHERE map = ANY(%(maps)s::integer[]) AND source_code = %(code)s AND source_system = %(system)s
  AND (%(target)s::text IS NULL OR target_system = %(target)s)
ORDER BY map, position

-- name: translate_back
SELECT map, source_system, source_code, NULL::text, equivalence, comment FROM concept_mapping
WHERE map = ANY(%(maps)s::integer[]) AND target_code = %(code)s AND target_system = %(system)s
  AND (%(target)s::text IS NULL OR source_system = %(target)s)
ORDER BY map, position
