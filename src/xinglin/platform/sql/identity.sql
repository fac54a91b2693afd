-- name: create_account
INSERT INTO account (id, login, name, password, roles, practitioner, locale, created, password_changed, kind, patient,
  must_change)
VALUES (%(id)s, %(login)s, %(name)s, %(password)s, %(roles)s, %(practitioner)s, %(locale)s, %(now)s, %(now)s, %(kind)s,
  %(patient)s, %(must_change)s)
ON CONFLICT (login) DO NOTHING RETURNING id

-- name: find_account
SELECT id, login, name, roles, practitioner, locale, active, kind, patient FROM account WHERE login = %(login)s

-- name: read_account
SELECT id, login, name, roles, practitioner, locale, active, kind, patient FROM account WHERE id = %(account)s

-- name: read_password
SELECT password FROM account WHERE id = %(account)s AND active

-- name: lock_password
-- Nobody else changes it meanwhile, and the former one is remembered once.
SELECT password, must_change, password_changed FROM account WHERE id = %(account)s AND active FOR UPDATE

-- name: password_state
SELECT must_change, password_changed FROM account WHERE id = %(account)s AND password IS NOT NULL

-- name: set_password
WITH former AS (
  INSERT INTO former_password (account, ended, password)
  SELECT id, %(now)s, password FROM account WHERE id = %(account)s AND password IS NOT NULL
  ON CONFLICT DO NOTHING
)
UPDATE account SET password = %(password)s, password_changed = %(now)s, must_change = %(must_change)s
WHERE id = %(account)s

-- name: former_passwords
SELECT password FROM former_password WHERE account = %(account)s ORDER BY ended DESC LIMIT %(count)s

-- name: forget_former_passwords
DELETE FROM former_password WHERE account = %(account)s AND ended NOT IN (
  SELECT ended FROM former_password WHERE account = %(account)s ORDER BY ended DESC LIMIT %(count)s
)

-- name: renew_hash
UPDATE account SET password = %(password)s WHERE id = %(account)s AND password = %(old)s

-- name: change_account
UPDATE account SET name = %(name)s, roles = %(roles)s WHERE id = %(account)s

-- name: accounts_of
SELECT id, login, name, roles, practitioner, locale, active, kind, patient FROM account
WHERE practitioner = %(practitioner)s ORDER BY login

-- name: set_locale
UPDATE account SET locale = %(locale)s WHERE id = %(account)s

-- name: set_active
UPDATE account SET active = %(active)s WHERE id = %(account)s

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

-- name: list_sessions
SELECT token, created, seen, client FROM session
WHERE account = %(account)s AND expires > %(now)s AND seen > %(idle_since)s ORDER BY seen DESC, token

-- name: close_oldest_sessions
DELETE FROM session WHERE account = %(account)s AND token NOT IN (
  SELECT token FROM session WHERE account = %(account)s ORDER BY created DESC, token = %(token)s DESC LIMIT %(most)s
)

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

-- name: list_accounts
SELECT id, login, name, roles, practitioner, locale, active, kind, patient, must_change,
  EXISTS (SELECT FROM second_factor WHERE second_factor.account = account.id)
FROM account
WHERE kind = ANY(%(kinds)s) AND login > %(after)s
  AND (position(%(text)s IN login) > 0 OR position(%(text)s IN lower(name)) > 0)
ORDER BY login LIMIT %(limit)s
