-- name: page
-- Pieces that statements.py and conditions.py put together. {r} is the alias of the row that is tested. Numbers of parameters and names
-- of types stand in the text, since they tell the planner much and vary little; values are parameters.
SELECT {r}.key, {r}.id, {r}.content{sorts} FROM resource {r} WHERE {r}.type = {type} AND NOT {r}.deleted{filters}

-- name: cut
SELECT * FROM ({page}) AS page WHERE {after} ORDER BY {order} LIMIT {limit}

-- name: in_order
-- OFFSET 0 keeps the conditions out of the inner scan: rows come in the order of the key, and the scan ends with the
-- last row of the page. It is for conditions that many rows meet.
SELECT r.key, r.id, r.content FROM (
    SELECT key, id, content, terms, name, updated FROM resource WHERE type = {type} AND NOT deleted AND key > {after} ORDER BY key OFFSET 0
) AS r WHERE true{filters} ORDER BY r.key LIMIT {limit}

-- name: by_value
-- From an index in the order that is wanted. A resource with several values counts with its last one, or its first:
-- which it is, is asked for each row as it comes. NOT EXISTS would be joined, and so read all rows first.
SELECT r.key, r.id, r.content, v.s0 FROM (
    SELECT v.key, v.{bound} AS s0 FROM search_{table} v
    WHERE v.parameter = {parameter} AND v.key > 0{only} AND (
        SELECT true FROM search_{table} o
        WHERE o.key = v.key AND o.parameter = v.parameter{same} AND ({others}) {beyond} ({own}) LIMIT 1
    ) IS NULL ORDER BY v.{bound} {direction}, v.key OFFSET 0
) AS v CROSS JOIN LATERAL (
    SELECT r.key, r.id, r.content FROM resource r WHERE r.type = {type} AND r.key = v.key AND NOT r.deleted{filters} OFFSET 0
) AS r ORDER BY v.s0 {direction}, r.key LIMIT {limit}

-- name: texts_in_order
-- Resources with a text that begins so, in the order of the texts; one with several such texts counts with its first one.
SELECT v.key, v.value FROM search_string v
WHERE v.parameter = {parameter} AND v.value >= {low} AND v.value < {high}{only} AND (
    SELECT true FROM search_string o
    WHERE o.key = v.key AND o.parameter = v.parameter AND o.value >= {low} AND o.value < v.value LIMIT 1
) IS NULL ORDER BY v.value, v.key OFFSET 0

-- name: in_text_order
-- The beginning of a text, which may have very many: from the index in the order of the texts, until the page is full.
SELECT t.key, r.id, r.content, t.value AS s0 FROM ({texts}) AS t CROSS JOIN LATERAL (
    SELECT r.id, r.content FROM resource r WHERE r.type = {type} AND r.key = t.key AND NOT r.deleted{filters} OFFSET 0
) AS r ORDER BY t.value, t.key LIMIT {limit}

-- name: in_chain_order
-- The same for what refers to a text by a reference of which there is one at most: target by target, stored or contained.
SELECT r.key, r.id, r.content, t.value AS s0, t.key AS s1 FROM ({texts}) AS t CROSS JOIN LATERAL (
    SELECT c.name FROM resource c WHERE c.type = {target} AND c.key = t.key AND NOT c.deleted{target_filters}
    UNION ALL
    SELECT c.name FROM search_contained c WHERE c.type = {target} AND c.key = t.key{target_filters} OFFSET 0
) AS c CROSS JOIN LATERAL (
    SELECT r.key, r.id, r.content FROM resource r
    WHERE r.type = {type} AND NOT r.deleted AND r.terms @> ({terms} || (c.name # {number})){further}
    ORDER BY r.key + 0 LIMIT {limit}
) AS r ORDER BY t.value, t.key, r.key LIMIT {limit}

-- name: total
SELECT count(*) FROM resource {r} WHERE {r}.type = {type} AND NOT {r}.deleted{filters}

-- name: all_terms
{r}.terms @> {p}

-- name: any_term
{r}.terms && {p}

-- name: frequent_term
-- Not for the index of terms: this one is met by so many rows that it is quicker to look at them one by one.
{p} = ANY ({r}.terms)

-- name: by_text
{r}.terms && ARRAY(SELECT x.term FROM search_text x WHERE x.parameter = {parameter} AND ({texts}))

-- name: narrative
-- Folded as the words that are looked for.
lower(normalize(regexp_replace({r}.content #>> '{{text,div}}', '<[^>]*>', ' ', 'g'), NFKC)) LIKE ALL ({p}::text[])

-- name: all_texts
(SELECT lower(normalize(string_agg(v.value #>> '{{}}', ' '), NFKC)) FROM jsonb_path_query(
    {r}.content::jsonb, 'strict $.** ? (@.type() == "string")'
) AS v (value)) LIKE ALL ({p}::text[])

-- name: ids
{r}.id = ANY ({p}::text[])

-- name: date
EXISTS (SELECT FROM search_date d WHERE d.key = {r}.key AND d.parameter = {parameter} AND ({spans}))

-- name: number
EXISTS (SELECT FROM search_number d WHERE d.key = {r}.key AND d.parameter = {parameter} AND ({spans}))

-- name: near
-- The box is read from the index; what is in it is measured on a sphere (haversine), in metres.
EXISTS (
    SELECT FROM search_number d JOIN search_number o ON o.key = d.key AND o.parameter = {longitude}
    WHERE d.key = {r}.key AND d.parameter = {latitude} AND d.low >= {south} AND d.low <= {north} AND ({ranges})
      AND {diameter}::float8 * asin(least(1, sqrt(
          sin(radians(d.low::float8 - {at_latitude}) / 2) ^ 2
          + cos(radians({at_latitude})) * cos(radians(d.low::float8)) * sin(radians(o.low::float8 - {at_longitude}) / 2) ^ 2
      ))) <= {metres}
)

-- name: string
EXISTS (SELECT FROM search_string x WHERE x.key = {r}.key AND x.parameter = {parameter} AND ({texts}))

-- name: any_value
EXISTS (SELECT FROM search_{table} v WHERE v.key = {r}.key AND v.parameter = {parameter})

-- name: beginning
-- A range and not LIKE: it is read from the index also where the text is not known to the planner.
(x.value >= {low} AND x.value < {high})

-- name: part
x.value LIKE {p}

-- name: targets
-- unlimited: chain, chain_each and has narrow it by the filters in which the guard is.
-- What references lead to: a chain is followed into what is contained, too.
(
    SELECT type, key, id, updated, deleted, terms, name FROM resource
    UNION ALL
    SELECT type, key, id, updated, false, terms, name FROM search_contained
)

-- name: chain
-- Few rows match: the terms by which others refer to them are made of their names.
{r}.terms && ARRAY(
    SELECT {t}.name # {number} FROM {targets} AS {t} WHERE {t}.type = {type} AND NOT {t}.deleted{filters}
)

-- name: chain_each
-- Many rows match: each row looks for what it refers to itself. A term that is no such reference names nothing.
EXISTS (
    SELECT FROM unnest({r}.terms) AS u (term) JOIN {targets} AS {t} ON {t}.name = u.term # {number}
    WHERE {t}.type = {type} AND NOT {t}.deleted{filters}
)

-- name: has
{r}.name = ANY (ARRAY(
    SELECT u.term # {number} FROM resource {t}, unnest({t}.terms) AS u (term)
    WHERE {t}.type = {type} AND NOT {t}.deleted{filters}
))

-- name: has_each
EXISTS (
    SELECT FROM resource {t}
    WHERE {t}.type = {type} AND NOT {t}.deleted AND {t}.terms @> ARRAY[{r}.name # {number}]{filters}
)

-- name: ids_below
-- unlimited: `resolving` asks first whether the caller may see all of the type.
-- A resource and all that are a part of it, or of one of its parts.
WITH RECURSIVE below (id, name) AS (
    SELECT %(id)s::text COLLATE "C", %(name)s::bigint
    UNION
    SELECT r.id, r.name FROM below
    JOIN resource r ON r.type = %(type)s AND NOT r.deleted AND r.terms @> ARRAY[below.name # {number}::bigint]
) SELECT id FROM below LIMIT %(limit)s

-- name: ids_above
-- unlimited: `resolving` asks first whether the caller may see all of the type.
WITH RECURSIVE above (id, name) AS (
    SELECT %(id)s::text COLLATE "C", %(name)s::bigint
    UNION
    SELECT p.id, p.name FROM above
    JOIN resource r ON r.name = above.name AND r.type = %(type)s AND NOT r.deleted
    CROSS JOIN LATERAL unnest(r.terms) AS u (term)
    JOIN resource p ON p.name = u.term # {number}::bigint AND p.type = %(type)s
) SELECT id FROM above LIMIT %(limit)s

-- name: sort_text
-- Of codes, references and URIs, which have no table with their values: read from the resource itself.
(SELECT {least}(v.value #>> '{{}}') COLLATE "C" FROM (SELECT {r}.content::jsonb AS content OFFSET 0) AS c,
    unnest({paths}::jsonpath[]) AS p (path), jsonb_path_query(c.content, p.path) AS v (value))

-- name: sort_id
{r}.id

-- name: sort_updated
{r}.updated

-- name: sort_date
(SELECT {least}(d.{bound}) FROM search_date d WHERE d.key = {r}.key AND d.parameter = {parameter})

-- name: sort_number
(SELECT {least}(d.{bound}) FROM search_number d WHERE d.key = {r}.key AND d.parameter = {parameter})

-- name: sort_string
(SELECT {least}(x.value) FROM search_string x WHERE x.key = {r}.key AND x.parameter = {parameter})

-- name: units
SELECT DISTINCT value FROM search_text WHERE parameter = {number}

-- name: referring
SELECT type, id, content FROM resource r
WHERE type = ANY(%(types)s::text[]) AND r.terms && %(terms)s::bigint[]{visible} ORDER BY key LIMIT %(limit)s

-- name: frequent_values
-- What ANALYZE knows of the terms and types of each partition: values, and the share of its resources that have each.
-- Types have no elements.
SELECT s.attname, coalesce(s.most_common_elems::text, s.most_common_vals::text)::text[],
    coalesce(s.most_common_elem_freqs, s.most_common_freqs), greatest(c.reltuples, 0)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND NOT s.inherited
WHERE i.inhparent = 'resource'::regclass AND s.attname IN ('terms', 'type')
AND coalesce(s.most_common_elems::text, s.most_common_vals::text) IS NOT NULL
