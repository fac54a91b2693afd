-- name: claim_key
INSERT INTO idempotency_key (account, key, digest, at) VALUES (%(account)s, %(key)s, %(digest)s, %(now)s)
ON CONFLICT (account, key) DO NOTHING
RETURNING key

-- name: read_key
SELECT digest, result FROM idempotency_key WHERE account = %(account)s AND key = %(key)s

-- name: keep_result
UPDATE idempotency_key SET result = %(result)s WHERE account = %(account)s AND key = %(key)s

-- name: sealed_results
SELECT EXISTS (SELECT FROM idempotency_key WHERE result LIKE %(sealed)s)

-- name: forget_keys
DELETE FROM idempotency_key WHERE at < %(before)s
