-- name: record_audit
INSERT INTO audit_event (at, account, name, roles, action, command, entities, outcome, client, detail)
VALUES (%(at)s, %(account)s, %(name)s, %(roles)s, %(action)s, %(command)s, %(entities)s, %(outcome)s, %(client)s,
  %(detail)s)
RETURNING id

-- name: record_audits
INSERT INTO audit_event (at, account, name, roles, action, command, entities, outcome, client, detail)
SELECT at, account, name, ARRAY(SELECT jsonb_array_elements_text(roles)), action, command,
  ARRAY(SELECT jsonb_array_elements_text(entities)), outcome, client, detail
FROM jsonb_to_recordset(%(entries)s) AS entry (at timestamptz, account text, name text, roles jsonb, action text,
  command text, entities jsonb, outcome text, client text, detail text)
