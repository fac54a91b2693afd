-- name: delivery_add
INSERT INTO delivery (channel, key, payload, at) VALUES (%(channel)s, %(key)s, %(payload)s, %(at)s)

-- name: deliveries_due
-- Channels with something to send, found one by one through the index however much waits on each.
WITH RECURSIVE waiting AS (
  (SELECT channel FROM delivery ORDER BY channel LIMIT 1)
  UNION ALL
  SELECT (SELECT d.channel FROM delivery d WHERE d.channel > w.channel ORDER BY d.channel LIMIT 1)
  FROM waiting w WHERE w.channel IS NOT NULL
)
SELECT channel FROM waiting w
WHERE channel IS NOT NULL AND NOT EXISTS (
  SELECT FROM delivery_pause p
  WHERE p.channel = w.channel AND (p.held IS NOT NULL OR p.next_attempt > %(now)s))

-- name: deliveries_first
SELECT id, channel, key, payload, at, attempts FROM delivery WHERE channel = %(channel)s ORDER BY id LIMIT %(limit)s

-- name: deliveries_done
DELETE FROM delivery WHERE id = ANY(%(ids)s)

-- name: delivery_failed
UPDATE delivery SET attempts = attempts + 1 WHERE id = ANY(%(ids)s)

-- name: delivery_pause
INSERT INTO delivery_pause (channel, next_attempt, held, error)
VALUES (%(channel)s, %(next_attempt)s, %(held)s, %(error)s)
ON CONFLICT (channel) DO UPDATE SET next_attempt = excluded.next_attempt, held = excluded.held, error = excluded.error

-- name: delivery_resume
DELETE FROM delivery_pause WHERE channel = %(channel)s

-- name: deliveries_again
UPDATE delivery SET attempts = 0 WHERE channel = %(channel)s AND attempts > 0

-- name: deliveries_drop
DELETE FROM delivery WHERE channel = %(channel)s

-- name: deliveries_next
SELECT min(next_attempt) FROM delivery_pause WHERE held IS NULL

-- name: deliveries_waiting
SELECT d.channel, count(*), min(d.at), p.next_attempt, p.held, p.error
FROM delivery d LEFT JOIN delivery_pause p USING (channel)
GROUP BY d.channel, p.next_attempt, p.held, p.error ORDER BY p.held, d.channel LIMIT %(limit)s

-- name: deliveries_anything
SELECT EXISTS (SELECT FROM delivery WHERE channel = %(channel)s)

-- name: deliveries_lead
SELECT pg_try_advisory_lock(%(lock)s)

-- name: deliveries_listen
LISTEN delivery

-- name: deliveries_held
SELECT channel FROM delivery_pause WHERE held IS NOT NULL ORDER BY channel
