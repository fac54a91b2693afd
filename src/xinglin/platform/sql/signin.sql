-- name: count_attempt
INSERT INTO sign_in_attempt AS kept (subject, client, failures, last) VALUES (%(subject)s, %(client)s, 0, %(now)s)
ON CONFLICT (subject, client) DO UPDATE SET
  failures = CASE WHEN kept.last < %(forgotten)s THEN 0 ELSE kept.failures END
RETURNING failures, last

-- name: read_attempt
-- Not locked: strangers don't wait for each other, nor does anybody for them.
SELECT failures, last FROM sign_in_attempt
WHERE subject = %(subject)s AND client = %(client)s AND last >= %(forgotten)s

-- name: note_failure
INSERT INTO sign_in_attempt AS kept (subject, client, failures, last) VALUES (%(subject)s, %(client)s, 1, %(now)s)
ON CONFLICT (subject, client) DO UPDATE SET
  failures = CASE WHEN kept.last < %(forgotten)s THEN 0 ELSE kept.failures END + 1, last = %(now)s

-- name: forgive_attempts
UPDATE sign_in_attempt SET failures = greatest(0, failures - %(forgiven)s)
WHERE subject = %(subject)s AND client = %(client)s AND failures > 0

-- name: forget_attempt
DELETE FROM sign_in_attempt WHERE subject = %(subject)s AND client = %(client)s

-- name: forget_old_attempts
DELETE FROM sign_in_attempt WHERE last < %(forgotten)s

-- name: is_known
SELECT FROM sign_in_known WHERE subject = %(subject)s AND client = %(client)s

-- name: note_known
INSERT INTO sign_in_known AS kept (subject, client, last) VALUES (%(subject)s, %(client)s, %(now)s)
ON CONFLICT (subject, client) DO UPDATE SET last = %(now)s WHERE kept.last < %(now)s::timestamptz - interval '1 day'

-- name: forget_old_known
DELETE FROM sign_in_known WHERE last < %(strangers)s

-- name: open_step
INSERT INTO sign_in_step (token, account, proven, client, expires)
VALUES (%(token)s, %(account)s, %(proven)s, %(client)s, %(expires)s)

-- name: read_step
SELECT account.id, account.login, account.name, account.roles, account.practitioner, account.locale, account.active,
  account.kind, account.patient, sign_in_step.proven, sign_in_step.client
FROM sign_in_step JOIN account ON account.id = sign_in_step.account AND account.active
WHERE sign_in_step.token = %(token)s AND sign_in_step.expires > %(now)s
FOR UPDATE OF sign_in_step

-- name: close_step
DELETE FROM sign_in_step WHERE token = %(token)s

-- name: close_steps
DELETE FROM sign_in_step WHERE account = %(account)s

-- name: forget_old_steps
DELETE FROM sign_in_step WHERE expires <= %(now)s
