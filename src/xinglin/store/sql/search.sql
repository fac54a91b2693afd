-- name: page
SELECT key, content{sorts} FROM resource r WHERE type = %(type)s AND NOT deleted{filters}

-- name: cut
SELECT * FROM ({page}) AS page WHERE {after} ORDER BY {order} LIMIT %(limit)s

-- name: total
SELECT count(*) FROM resource r WHERE type = %(type)s AND NOT deleted{filters}

-- name: all_terms
r.terms @> %({p})s::bigint[]

-- name: any_term
r.terms && %({p})s::bigint[]

-- name: no_term
NOT r.terms && %({p})s::bigint[]

-- name: ids
r.id = ANY(%({p})s::text[])

-- name: date
EXISTS (SELECT FROM search_date d WHERE d.key = r.key AND d.parameter = %({p})s AND ({spans}))

-- name: string
EXISTS (SELECT FROM search_string s WHERE s.key = r.key AND s.parameter = %({p})s AND ({texts}))

-- name: like
-- One LIKE for each text: unlike LIKE ANY, it is read from the index where the text is not preceded by a wildcard.
s.value LIKE %({p})s

-- name: sort_id
r.id

-- name: sort_updated
r.updated

-- name: sort_date
(SELECT {least}(d.{bound}) FROM search_date d WHERE d.key = r.key AND d.parameter = %({p})s)

-- name: sort_string
(SELECT {least}(s.value) FROM search_string s WHERE s.key = r.key AND s.parameter = %({p})s)

-- name: referring
SELECT key, content FROM resource r WHERE type = %(type)s AND r.terms && %(terms)s::bigint[] ORDER BY key LIMIT %(limit)s
