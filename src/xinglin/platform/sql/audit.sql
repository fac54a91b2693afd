-- name: record_audit
INSERT INTO audit_event (at, account, name, roles, action, command, entities, outcome, client, detail)
VALUES (%(at)s, %(account)s, %(name)s, %(roles)s, %(action)s, %(command)s, %(entities)s, %(outcome)s, %(client)s,
  %(detail)s)
RETURNING id

-- name: record_audits
INSERT INTO audit_event (at, account, name, roles, action, command, entities, outcome, client, detail)
VALUES (%(at)s, %(account)s, %(name)s, %(roles)s, %(action)s, %(command)s, %(entities)s, %(outcome)s, %(client)s,
  %(detail)s)
