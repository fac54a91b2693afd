-- name: record_audit
WITH written AS (
  INSERT INTO audit_event (at, account, name, roles, action, command, entities, outcome, client, detail)
  VALUES (%(at)s, %(account)s, %(name)s, %(roles)s, %(action)s, %(command)s, %(entities)s, %(outcome)s, %(client)s,
    %(detail)s)
  RETURNING id)
INSERT INTO audit_unsealed SELECT id FROM written
RETURNING event

-- name: record_audits
WITH written AS (
  INSERT INTO audit_event (at, account, name, roles, action, command, entities, outcome, client, detail)
  SELECT at, account, name, ARRAY(SELECT jsonb_array_elements_text(roles)), action, command,
    ARRAY(SELECT jsonb_array_elements_text(entities)), outcome, client, detail
  FROM jsonb_to_recordset(%(entries)s) AS entry (at timestamptz, account text, name text, roles jsonb, action text,
    command text, entities jsonb, outcome text, client text, detail text)
  RETURNING id)
INSERT INTO audit_unsealed SELECT id FROM written

-- name: take_journal
-- A segment that went in before goes in no second time.
WITH noted AS (
  INSERT INTO audit_journal AS kept (journal, number, at) VALUES (%(journal)s, %(number)s, now())
  ON CONFLICT (journal) DO UPDATE SET number = excluded.number, at = excluded.at WHERE kept.number < excluded.number
  RETURNING number),
written AS (
  INSERT INTO audit_event (at, account, name, roles, action, command, entities, outcome, client, detail)
  SELECT at, account, name, ARRAY(SELECT jsonb_array_elements_text(roles)), action, command,
    ARRAY(SELECT jsonb_array_elements_text(entities)), outcome, client, detail
  FROM noted, jsonb_to_recordset(%(entries)s::jsonb) AS entry (at timestamptz, account text, name text, roles jsonb,
    action text, command text, entities jsonb, outcome text, client text, detail text)
  RETURNING id)
INSERT INTO audit_unsealed SELECT id FROM written

-- name: forget_journals
DELETE FROM audit_journal WHERE at < %(before)s

-- name: claim_sealing
-- Nobody seals at the same time; where nothing waits, the lock is not even asked for.
SELECT pg_try_advisory_xact_lock(%(lock)s) FROM (SELECT FROM audit_unsealed LIMIT 1) waiting

-- name: last_seal
SELECT number, digest FROM audit_seal ORDER BY number DESC LIMIT 1

-- name: take_unsealed
-- A row that is gone although it waits comes with NULLs. The time is text, so that no value of it is without a form.
WITH taken AS (
  DELETE FROM audit_unsealed WHERE ctid = ANY(ARRAY(SELECT ctid FROM audit_unsealed LIMIT %(limit)s))
  RETURNING event)
SELECT DISTINCT ON (taken.event) taken.event, id, extract(epoch FROM at)::text, account, name, roles, action, command,
  entities, outcome, client, detail
FROM taken LEFT JOIN audit_event ON id = taken.event
ORDER BY taken.event

-- name: add_seal
INSERT INTO audit_seal (number, at, algorithm, key, drained, events, digests, previous, digest, mac)
VALUES (%(number)s, %(at)s, %(algorithm)s, %(key)s, %(drained)s, %(events)s, %(digests)s, %(previous)s, %(digest)s,
  %(mac)s)

-- name: seals
-- Whatever somebody made of the columns, each of them has a form here.
SELECT number, extract(epoch FROM at)::text, algorithm, key, drained,
  ARRAY(SELECT coalesce(each, 0) FROM unnest(events) AS each), digests, previous, digest, mac
FROM audit_seal ORDER BY number

-- name: sealed_by
SELECT number FROM audit_seal WHERE algorithm = %(algorithm)s LIMIT 1

-- name: events_of_seal
SELECT id, extract(epoch FROM at)::text, account, name, roles, action, command, entities, outcome, client, detail
FROM audit_event WHERE id = ANY(%(events)s)

-- name: plan_by_hashes
-- The planner can't know how many rows the arrays of the seals hold, and would look into them once for each row.
SET LOCAL enable_nestloop = off

-- name: uncovered
SELECT id FROM audit_event event
WHERE NOT EXISTS (SELECT FROM audit_unsealed waiting WHERE waiting.event = event.id)
  AND NOT EXISTS (SELECT FROM (SELECT unnest(events) AS event FROM audit_seal) sealed WHERE sealed.event = event.id)
ORDER BY id

-- name: vanished
SELECT event FROM audit_unsealed WHERE NOT EXISTS (SELECT FROM audit_event WHERE id = event) ORDER BY event

-- name: audit_lag
SELECT (SELECT count(*) FROM audit_unsealed), (SELECT count(*) FROM audit_seal),
  (SELECT at FROM audit_event WHERE id = (SELECT min(event) FROM audit_unsealed))

-- name: audit_of_patient
-- The inner query is planned by itself (OFFSET 0): by the index of entities, not by walking through the times of all.
SELECT id, at, account, name, roles, action, command, entities, outcome, client, detail
FROM (
  SELECT * FROM audit_event
  WHERE entities && %(names)s
    AND at >= coalesce(%(since)s::timestamptz, '-infinity') AND at < coalesce(%(until)s::timestamptz, 'infinity')
  OFFSET 0) found
WHERE (at, id) < (coalesce(%(before)s::timestamptz, 'infinity'), coalesce(%(before_id)s::bigint, 9223372036854775807))
ORDER BY at DESC, id DESC LIMIT %(limit)s

-- name: audit_of_account
SELECT id, at, account, name, roles, action, command, entities, outcome, client, detail
FROM audit_event
WHERE account = %(account)s
  AND at >= coalesce(%(since)s::timestamptz, '-infinity') AND at < coalesce(%(until)s::timestamptz, 'infinity')
  AND (at, id) < (coalesce(%(before)s::timestamptz, 'infinity'), coalesce(%(before_id)s::bigint, 9223372036854775807))
ORDER BY at DESC, id DESC LIMIT %(limit)s

-- name: audited_people
SELECT id, login, name, roles, active FROM account
WHERE position(lower(%(text)s) IN lower(name)) > 0 OR position(lower(%(text)s) IN login) > 0
ORDER BY name, login LIMIT %(limit)s
