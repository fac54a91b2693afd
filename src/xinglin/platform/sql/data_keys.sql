-- name: data_keys
-- The last one that is usable encrypts; later ones are known to everybody before their time comes.
SELECT id, suite, sealed, used_from <= now() FROM data_key WHERE retired IS NULL ORDER BY used_from, id

-- name: lock_data_keys
LOCK TABLE data_key IN SHARE ROW EXCLUSIVE MODE

-- name: add_data_key
INSERT INTO data_key (id, suite, sealed, made, used_from)
VALUES (%(id)s, %(suite)s, %(sealed)s, now(), now() + %(delay)s) RETURNING used_from

-- name: list_data_keys
SELECT id, suite, made, used_from, retired,
  coalesce(id = (SELECT id FROM data_key WHERE retired IS NULL AND used_from <= now()
    ORDER BY used_from DESC, id DESC LIMIT 1), false),
  coalesce(used_from < (SELECT max(used_from) FROM data_key WHERE used_from <= now() - %(grace)s), false)
FROM data_key ORDER BY used_from, id

-- name: writers_of_before
SELECT EXISTS (
  SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    AND xact_start < (SELECT max(used_from) FROM data_key WHERE retired IS NULL AND used_from <= now()) + %(grace)s
)

-- name: retire_data_key
UPDATE data_key SET sealed = NULL, retired = now() WHERE id = %(id)s

-- name: data_keys_to_seal
-- What is sealed under a master key: the data keys, and the secrets of second factors.
SELECT id, sealed FROM data_key WHERE sealed IS NOT NULL AND NOT starts_with(encode(sealed, 'hex'), %(head)s) FOR UPDATE

-- name: factors_to_seal
SELECT account, secret FROM second_factor WHERE NOT starts_with(encode(secret, 'hex'), %(head)s) FOR UPDATE

-- name: seal_data_key
UPDATE data_key SET sealed = %(sealed)s WHERE id = %(id)s

-- name: seal_factor
UPDATE second_factor SET secret = %(sealed)s WHERE account = %(id)s

-- name: add_project_key
INSERT INTO deidentification_key (project, suite, sealed, made)
VALUES (%(project)s, %(suite)s, %(sealed)s, %(now)s) ON CONFLICT (project) DO NOTHING

-- name: project_key
SELECT suite, sealed FROM deidentification_key WHERE project = %(project)s

-- name: projects_to_seal
SELECT project, sealed FROM deidentification_key WHERE NOT starts_with(encode(sealed, 'hex'), %(head)s) FOR UPDATE

-- name: seal_project
UPDATE deidentification_key SET sealed = %(sealed)s WHERE project = %(id)s
