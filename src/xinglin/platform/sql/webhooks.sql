-- name: webhook_add
INSERT INTO webhook (id, name, url, events, campus, secret, created)
VALUES (%(id)s, %(name)s, %(url)s, %(events)s, %(campus)s, %(secret)s, %(now)s)

-- name: webhook_change
UPDATE webhook SET name = %(name)s, url = %(url)s, events = %(events)s, campus = %(campus)s WHERE id = %(id)s

-- name: webhook_secret
UPDATE webhook SET secret = %(secret)s, former_secret = secret, former_until = %(until)s WHERE id = %(id)s

-- name: webhook_switch
UPDATE webhook SET off_since = %(off)s WHERE id = %(id)s

-- name: webhook_delete
DELETE FROM webhook WHERE id = %(id)s

-- name: webhook_read
SELECT id, name, url, events, campus, secret, former_secret, former_until, created, off_since
FROM webhook WHERE id = %(id)s

-- name: webhook_locked
SELECT id, name, url, events, campus, secret, former_secret, former_until, created, off_since
FROM webhook WHERE id = %(id)s FOR UPDATE

-- name: webhooks_of_event
SELECT id, campus FROM webhook WHERE %(event)s = ANY(events) AND off_since IS NULL ORDER BY id FOR SHARE

-- name: webhook_secrets_to_seal
SELECT id, secret FROM webhook WHERE NOT starts_with(encode(secret, 'hex'), %(head)s) FOR UPDATE

-- name: seal_webhook_secret
UPDATE webhook SET secret = %(sealed)s WHERE id = %(id)s

-- name: former_webhook_secrets_to_seal
SELECT id, former_secret FROM webhook WHERE NOT starts_with(encode(former_secret, 'hex'), %(head)s) FOR UPDATE

-- name: seal_former_webhook_secret
UPDATE webhook SET former_secret = %(sealed)s WHERE id = %(id)s

-- name: webhooks_listed
SELECT w.id, w.name, w.url, w.events, w.campus, w.secret, w.former_secret, w.former_until, w.created, w.off_since,
  p.next_attempt, p.held, p.error,
  (SELECT count(*) FROM (SELECT FROM delivery d WHERE d.channel = 'webhook/' || w.id LIMIT 1000) AS waiting)
FROM webhook w LEFT JOIN delivery_pause p ON p.channel = 'webhook/' || w.id
WHERE w.id = coalesce(%(id)s, w.id)
ORDER BY w.off_since IS NOT NULL, w.name, w.id LIMIT %(limit)s
