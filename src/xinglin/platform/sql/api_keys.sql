-- name: create_api_key
INSERT INTO api_key (id, account, name, digest, scopes, created, expires)
SELECT %(id)s, id, %(name)s, %(digest)s, %(scopes)s, %(now)s, %(expires)s FROM account
WHERE id = %(account)s AND kind = 'service' AND active
RETURNING id

-- name: use_api_key
SELECT account.id, account.login, account.name, account.roles, account.practitioner, account.locale, account.active,
  account.kind, account.patient, api_key.id, api_key.scopes, api_key.last_used
FROM api_key JOIN account ON account.id = api_key.account AND account.active
WHERE api_key.digest = %(digest)s AND api_key.expires > %(now)s AND api_key.revoked IS NULL

-- name: touch_api_key
UPDATE api_key SET last_used = %(now)s WHERE id = %(id)s AND (last_used IS NULL OR last_used < %(now)s)

-- name: revoke_api_key
UPDATE api_key SET revoked = %(now)s WHERE id = %(id)s AND revoked IS NULL RETURNING account

-- name: list_api_keys
SELECT api_key.id, account.id, account.name, api_key.name, api_key.scopes, api_key.created, api_key.expires,
  api_key.last_used, api_key.revoked
FROM api_key JOIN account ON account.id = api_key.account
ORDER BY api_key.revoked IS NOT NULL, api_key.created DESC, api_key.id LIMIT %(limit)s
