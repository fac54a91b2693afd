-- name: access_policies
SELECT role, rules, changed, account FROM access_policy ORDER BY role

-- name: keep_access_policy
INSERT INTO access_policy (role, rules, changed, account) VALUES (%(role)s, %(rules)s, %(now)s, %(account)s)
ON CONFLICT (role) DO UPDATE SET rules = excluded.rules, changed = excluded.changed, account = excluded.account

-- name: drop_access_policy
DELETE FROM access_policy WHERE role = %(role)s RETURNING role
