-- name: read_factor
SELECT secret, since FROM second_factor WHERE account = %(account)s

-- name: set_factor
INSERT INTO second_factor (account, secret, since, last_step)
VALUES (%(account)s, %(secret)s, %(now)s, %(step)s)
ON CONFLICT (account) DO UPDATE SET secret = %(secret)s, since = %(now)s, last_step = %(step)s

-- name: use_step
UPDATE second_factor SET last_step = %(step)s WHERE account = %(account)s AND last_step < %(step)s RETURNING account

-- name: delete_factor
DELETE FROM second_factor WHERE account = %(account)s

-- name: delete_recovery_codes
DELETE FROM recovery_code WHERE account = %(account)s

-- name: set_recovery_codes
INSERT INTO recovery_code (account, code) SELECT %(account)s, code FROM unnest(%(codes)s::bytea[]) AS code

-- name: use_recovery_code
UPDATE recovery_code SET used = %(now)s WHERE account = %(account)s AND code = %(code)s AND used IS NULL RETURNING account

-- name: count_recovery_codes
SELECT count(*) FROM recovery_code WHERE account = %(account)s AND used IS NULL
