-- Resources are partitioned by type (see schema.sql). What is there is copied: a minute for each million resources, in
-- which the store waits.

ALTER TABLE resource RENAME TO resource_before;
ALTER SEQUENCE resource_key OWNED BY NONE;
ALTER TABLE resource_before DROP CONSTRAINT resource_pkey;
ALTER TABLE resource_before DROP CONSTRAINT resource_type_id;
ALTER TABLE resource_before DROP CONSTRAINT resource_content;
-- From PostgreSQL 18 on these have names, which the new table is to have.
ALTER TABLE resource_before ALTER type DROP NOT NULL,
    ALTER key DROP NOT NULL,
    ALTER id DROP NOT NULL,
    ALTER version DROP NOT NULL,
    ALTER updated DROP NOT NULL,
    ALTER deleted DROP NOT NULL,
    ALTER terms DROP NOT NULL,
    ALTER name DROP NOT NULL;
DROP INDEX resource_terms, resource_updated, resource_changed, resource_name;

CREATE TABLE resource (
    type text COLLATE "C" NOT NULL,
    key bigint NOT NULL DEFAULT nextval('resource_key'),
    id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    updated timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    content json,
    terms bigint[] NOT NULL DEFAULT '{}',
    name bigint NOT NULL,
    CONSTRAINT resource_pkey PRIMARY KEY (type, key),
    CONSTRAINT resource_type_id UNIQUE (type, id),
    CONSTRAINT resource_content CHECK (deleted = (content IS NULL))
) PARTITION BY LIST (type);
ALTER SEQUENCE resource_key OWNED BY resource.key;
CREATE INDEX resource_terms ON resource USING gin (terms) WITH (gin_pending_list_limit = 256);
CREATE INDEX resource_updated ON resource (type, updated, key);
CREATE INDEX resource_changed ON resource (updated);
CREATE INDEX resource_name ON resource (name);

CREATE TABLE resource_patient PARTITION OF resource FOR VALUES IN ('Patient');
CREATE TABLE resource_encounter PARTITION OF resource FOR VALUES IN ('Encounter');
CREATE TABLE resource_observation PARTITION OF resource FOR VALUES IN ('Observation');
CREATE TABLE resource_condition PARTITION OF resource FOR VALUES IN ('Condition');
CREATE TABLE resource_procedure PARTITION OF resource FOR VALUES IN ('Procedure');
CREATE TABLE resource_diagnostic_report PARTITION OF resource FOR VALUES IN ('DiagnosticReport');
CREATE TABLE resource_service_request PARTITION OF resource FOR VALUES IN ('ServiceRequest');
CREATE TABLE resource_medication_request PARTITION OF resource FOR VALUES IN ('MedicationRequest');
CREATE TABLE resource_medication_administration PARTITION OF resource FOR VALUES IN ('MedicationAdministration');
CREATE TABLE resource_medication_dispense PARTITION OF resource FOR VALUES IN ('MedicationDispense');
CREATE TABLE resource_task PARTITION OF resource FOR VALUES IN ('Task');
CREATE TABLE resource_charge_item PARTITION OF resource FOR VALUES IN ('ChargeItem');
CREATE TABLE resource_claim PARTITION OF resource FOR VALUES IN ('Claim');
CREATE TABLE resource_explanation_of_benefit PARTITION OF resource FOR VALUES IN ('ExplanationOfBenefit');
CREATE TABLE resource_document_reference PARTITION OF resource FOR VALUES IN ('DocumentReference');
CREATE TABLE resource_provenance PARTITION OF resource FOR VALUES IN ('Provenance');
CREATE TABLE resource_audit_event PARTITION OF resource FOR VALUES IN ('AuditEvent');
CREATE TABLE resource_other PARTITION OF resource DEFAULT;
ALTER TABLE resource ALTER COLUMN terms SET STATISTICS 1000;

INSERT INTO resource (type, key, id, version, updated, deleted, content, terms, name)
SELECT type, key, id, version, updated, deleted, content, terms, name FROM resource_before ORDER BY type, key;
DROP TABLE resource_before;
ANALYZE resource;
