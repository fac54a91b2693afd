-- name: changes_wanted
SELECT DISTINCT type FROM subscription WHERE status <> 'off'

-- name: changes_note
INSERT INTO resource_change (type, id, version)
SELECT * FROM unnest(%(types)s::text[], %(ids)s::text[], %(versions)s::integer[])

-- name: changes_first
SELECT number, type, id, version, deleted FROM resource_change ORDER BY number LIMIT %(limit)s

-- name: changes_done
DELETE FROM resource_change WHERE number = ANY(%(numbers)s)

-- name: subscriptions
SELECT id, status, type, criteria, ends, account, scopes, after, header_names, header_values,
    topic, content, heartbeat, events, handshake, told
FROM subscription WHERE status <> 'off' ORDER BY id

-- name: subscription_of
SELECT id, status, type, criteria, ends, account, scopes, after, header_names, header_values,
    topic, content, heartbeat, events, handshake, told
FROM subscription WHERE id = %(id)s

-- name: subscription_keep
-- It gets a number of the changes itself: only what is noted later can have been noted for it.
INSERT INTO subscription (id, status, type, criteria, ends, account, scopes, after, header_names, header_values,
    topic, content, heartbeat)
VALUES (%(id)s, %(status)s, %(type)s, %(criteria)s, %(ends)s, %(account)s, %(scopes)s,
    nextval('resource_change_number_seq'), %(header_names)s, %(header_values)s,
    %(topic)s, %(content)s, %(heartbeat)s)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, type = excluded.type, criteria = excluded.criteria,
    ends = excluded.ends, account = excluded.account, scopes = excluded.scopes,
    header_names = excluded.header_names, header_values = excluded.header_values,
    topic = excluded.topic, content = excluded.content, heartbeat = excluded.heartbeat,
    handshake = CASE WHEN excluded.status = 'requested' THEN NULL ELSE subscription.handshake END,
    after = CASE WHEN subscription.status = 'off' THEN excluded.after ELSE subscription.after END

-- name: subscriptions_unsealed
SELECT id, headers FROM subscription WHERE headers <> '{}' ORDER BY id FOR UPDATE

-- name: subscriptions_sealed
SELECT id, header_names, header_values FROM subscription WHERE header_names <> '{}' ORDER BY id FOR UPDATE

-- name: subscription_seal
UPDATE subscription SET headers = '{}', header_names = %(names)s, header_values = %(values)s WHERE id = %(id)s

-- name: subscription_forget
DELETE FROM subscription WHERE id = %(id)s

-- name: subscription_greeted
UPDATE subscription SET handshake = %(now)s, told = %(now)s WHERE id = %(id)s

-- name: subscription_told
UPDATE subscription SET told = %(now)s WHERE id = %(id)s

-- name: subscription_event_add
-- The row of the Subscription is locked until the commit: so numbers are without gaps, and in the order of commits.
WITH counted AS (UPDATE subscription SET events = events + 1 WHERE id = %(subscription)s RETURNING events)
INSERT INTO subscription_event (subscription, number, at, type, id, version, deleted)
SELECT %(subscription)s, events, %(at)s, %(type)s, %(id)s, %(version)s, %(deleted)s FROM counted
RETURNING number

-- name: subscription_events
SELECT number, at, type, id, version, deleted FROM subscription_event
WHERE subscription = %(subscription)s AND number BETWEEN %(since)s AND %(until)s
ORDER BY number LIMIT %(limit)s

-- name: subscription_events_forget
DELETE FROM subscription_event WHERE at < %(before)s

-- name: changes_listen
LISTEN resource_change
