-- name: create_account
INSERT INTO account (id, login, name, password, roles, practitioner, locale, created, password_changed, kind, patient)
VALUES (%(id)s, %(login)s, %(name)s, %(password)s, %(roles)s, %(practitioner)s, %(locale)s, %(now)s, %(now)s, %(kind)s,
  %(patient)s)
ON CONFLICT (login) DO NOTHING RETURNING id

-- name: find_account
SELECT id, login, name, roles, practitioner, locale, active, kind, patient FROM account WHERE login = %(login)s

-- name: read_account
SELECT id, login, name, roles, practitioner, locale, active, kind, patient FROM account WHERE id = %(account)s

-- name: read_password
SELECT password FROM account WHERE id = %(account)s AND active

-- name: set_password
UPDATE account SET password = %(password)s, password_changed = %(now)s WHERE id = %(account)s

-- name: renew_hash
UPDATE account SET password = %(password)s WHERE id = %(account)s AND password = %(old)s

-- name: set_locale
UPDATE account SET locale = %(locale)s WHERE id = %(account)s

-- name: set_active
UPDATE account SET active = %(active)s WHERE id = %(account)s

-- name: count_attempt
INSERT INTO sign_in_attempt AS kept (login, client, failures, last) VALUES (%(login)s, %(client)s, 0, %(now)s)
ON CONFLICT (login, client) DO UPDATE SET
  failures = CASE WHEN kept.last < %(forgotten)s THEN 0 ELSE kept.failures END
RETURNING failures, last

-- name: note_failure
UPDATE sign_in_attempt SET failures = failures + 1, last = %(now)s WHERE login = %(login)s AND client = %(client)s

-- name: forget_attempt
DELETE FROM sign_in_attempt WHERE login = %(login)s AND client = %(client)s

-- name: forget_old_attempts
DELETE FROM sign_in_attempt WHERE last < %(forgotten)s

-- name: open_session
INSERT INTO session (token, account, csrf, client, created, seen, expires, post)
SELECT %(token)s, id, %(csrf)s, %(client)s, %(now)s, %(now)s, %(expires)s, %(post)s FROM account
WHERE id = %(account)s AND active
RETURNING token

-- name: resume_session
-- unlimited: the post in which somebody works is read to find out who they are.
SELECT session.csrf, session.created, session.seen, session.expires,
  account.id, account.login, account.name, account.roles, account.practitioner, account.locale, account.active,
  account.kind, account.patient, session.post, post.content::text
FROM session JOIN account ON account.id = session.account AND account.active
LEFT JOIN resource AS post ON post.type = 'PractitionerRole' AND post.id = split_part(session.post, '/', 2)
WHERE session.token = %(token)s AND session.expires > %(now)s AND session.seen > %(idle_since)s

-- name: touch_session
UPDATE session SET seen = %(now)s WHERE token = %(token)s AND seen < %(now)s

-- name: last_post
SELECT post FROM account WHERE id = %(account)s

-- name: remember_post
UPDATE account SET post = %(post)s WHERE id = %(account)s AND post IS DISTINCT FROM %(post)s

-- name: switch_post
UPDATE session SET post = %(post)s, token = %(renewed)s WHERE token = %(token)s

-- name: close_session
DELETE FROM session WHERE token = %(token)s

-- name: close_sessions
DELETE FROM session WHERE account = %(account)s AND token <> %(except)s

-- name: forget_old_sessions
DELETE FROM session WHERE expires <= %(now)s
