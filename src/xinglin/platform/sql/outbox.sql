-- name: publish
INSERT INTO outbox (key, event, payload, at, next_attempt) VALUES (%(key)s, %(event)s, %(payload)s, %(at)s, %(at)s)
RETURNING id

-- name: claim_heads
-- The first waiting event of each key. Its lock is the lock of the key: whoever holds it delivers those behind it too.
SELECT head.id, head.key FROM outbox head
WHERE head.parked IS NULL AND head.next_attempt <= %(now)s
  AND NOT EXISTS (
    SELECT 1 FROM outbox earlier WHERE earlier.key = head.key AND earlier.id < head.id AND earlier.parked IS NULL)
ORDER BY head.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED

-- name: events_of_keys
SELECT id, key, event, payload, at, attempts, done FROM outbox
WHERE key = ANY(%(keys)s) AND parked IS NULL ORDER BY id LIMIT %(limit)s

-- name: delivered
DELETE FROM outbox WHERE id = ANY(%(ids)s)

-- name: failed
UPDATE outbox SET attempts = %(attempts)s, done = %(done)s, next_attempt = %(next_attempt)s, error = %(error)s,
  parked = %(parked)s
WHERE id = %(id)s

-- name: next_due
SELECT min(head.next_attempt) FROM outbox head
WHERE head.parked IS NULL
  AND NOT EXISTS (
    SELECT 1 FROM outbox earlier WHERE earlier.key = head.key AND earlier.id < head.id AND earlier.parked IS NULL)

-- name: outbox_lag
SELECT count(*) FILTER (WHERE parked IS NULL), count(parked), min(at) FILTER (WHERE parked IS NULL) FROM outbox

-- name: parked
SELECT id, key, event, payload, at, attempts, done, parked, error FROM outbox
WHERE parked IS NOT NULL AND (%(id)s::bigint IS NULL OR id = %(id)s) ORDER BY id LIMIT %(limit)s

-- name: unpark
UPDATE outbox SET parked = NULL, attempts = 0, next_attempt = %(now)s WHERE id = %(id)s AND parked IS NOT NULL

-- name: discard_parked
DELETE FROM outbox WHERE id = %(id)s AND parked IS NOT NULL

-- name: listen
LISTEN outbox
