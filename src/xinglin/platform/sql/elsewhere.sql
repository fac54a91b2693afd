-- name: leave_for
INSERT INTO sign_in_elsewhere (state, issuer, nonce, verifier, target, expires)
VALUES (%(state)s, %(issuer)s, %(nonce)s, %(verifier)s, %(target)s, %(expires)s)

-- name: come_back
-- Once: whoever comes a second time finds nothing.
DELETE FROM sign_in_elsewhere WHERE state = %(state)s RETURNING issuer, nonce, verifier, target, expires

-- name: forget_old_departures
DELETE FROM sign_in_elsewhere WHERE expires <= %(now)s

-- name: find_linked
SELECT account FROM external_identity WHERE issuer = %(issuer)s AND subject = %(subject)s

-- name: link
INSERT INTO external_identity (issuer, subject, account, since)
VALUES (%(issuer)s, %(subject)s, %(account)s, %(now)s)
ON CONFLICT DO NOTHING RETURNING account
