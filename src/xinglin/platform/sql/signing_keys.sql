-- name: add_signing_key
INSERT INTO signing_key (id, owner, algorithm, public, sealed, made)
VALUES (%(id)s, %(owner)s, %(algorithm)s, %(public)s, %(sealed)s, %(now)s)
ON CONFLICT (owner, algorithm) WHERE revoked IS NULL DO NOTHING

-- name: signing_key_of
SELECT id, sealed FROM signing_key WHERE owner = %(owner)s AND algorithm = %(algorithm)s AND revoked IS NULL

-- name: signing_key
SELECT owner, algorithm, public, made, revoked FROM signing_key WHERE id = %(id)s

-- name: signing_keys_to_seal
SELECT id, sealed FROM signing_key WHERE NOT starts_with(encode(sealed, 'hex'), %(head)s) FOR UPDATE

-- name: seal_signing_key
UPDATE signing_key SET sealed = %(sealed)s WHERE id = %(id)s

-- name: revoke_signing_keys
UPDATE signing_key SET revoked = %(now)s WHERE owner = %(owner)s AND revoked IS NULL RETURNING id
