-- The whole schema of the store on one page. Migrations lead to exactly this; a test compares the two.
--
-- A resource is found by:
--   terms          64-bit hashes of its tokens, references and URIs, each made of type, parameter and value
--   search_date    spans of time [low, high), by the number of the parameter, which implies the type
--   search_string  normalised texts, likewise
--   search_number  numbers, quantities and positions as intervals [low, high], likewise
--   search_text    a dictionary: texts of codes, and URIs, with the terms of the resources that have them; units of UCUM
-- `key` grows with every new resource and never changes: pages are cut by it.

CREATE SEQUENCE resource_key;

CREATE TABLE resource (
    type text COLLATE "C" NOT NULL,
    key bigint NOT NULL DEFAULT nextval('resource_key'),
    id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    updated timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,      -- a tombstone: no content, no terms, but a version
    content json,                                -- exactly what a read returns, with id and meta
    terms bigint[] NOT NULL DEFAULT '{}',
    name bigint NOT NULL,                        -- number of Type/id; XORed with a parameter's, the term of a reference
    CONSTRAINT resource_pkey PRIMARY KEY (type, key),
    CONSTRAINT resource_type_id UNIQUE (type, id),
    CONSTRAINT resource_content CHECK (deleted = (content IS NULL))
) PARTITION BY LIST (type);
ALTER SEQUENCE resource_key OWNED BY resource.key;
-- Every search reads the list of terms that are not sorted in yet: at the usual 4 MB it takes three times as long,
-- while loading gets no slower with 256 kB.
CREATE INDEX resource_terms ON resource USING gin (terms) WITH (gin_pending_list_limit = 256);
CREATE INDEX resource_updated ON resource (type, updated, key);
CREATE INDEX resource_changed ON resource (updated);  -- history of the whole store
CREATE INDEX resource_name ON resource (name);

-- What a hospital has by the million lies by itself: its indexes and statistics are its own. One partition for each of
-- R4's types would be 148 tables and 888 indexes, most of them empty.
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
ALTER TABLE resource ALTER COLUMN terms SET STATISTICS 1000;  -- so that the planner knows frequent terms from rare ones

CREATE TABLE resource_history (                  -- superseded versions only
    type text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    updated timestamptz NOT NULL,
    deleted boolean NOT NULL,
    content json,
    CONSTRAINT resource_history_pkey PRIMARY KEY (type, id, version)
);
CREATE INDEX resource_history_type ON resource_history (type, updated);
CREATE INDEX resource_history_updated ON resource_history (updated);

CREATE TABLE search_date (
    key bigint NOT NULL,
    parameter integer NOT NULL,
    low timestamptz NOT NULL,
    high timestamptz NOT NULL,
    patient bigint NOT NULL                      -- number of the patient whom the resource is about, or 0
);
CREATE INDEX search_date_resource ON search_date (key, parameter, low, high);
CREATE INDEX search_date_low ON search_date (parameter, low, high, key);
CREATE INDEX search_date_high ON search_date (parameter, high, low, key);
CREATE INDEX search_date_patient ON search_date (patient, parameter, high, low, key);

CREATE TABLE search_string (
    key bigint NOT NULL,
    parameter integer NOT NULL,
    value text COLLATE "C" NOT NULL              -- normalised, at most 256 characters
);
CREATE INDEX search_string_resource ON search_string (key, parameter, value);
CREATE INDEX search_string_value ON search_string (parameter, value, key);

CREATE TABLE search_number (
    key bigint NOT NULL,
    parameter integer NOT NULL,
    low numeric NOT NULL,
    high numeric NOT NULL,
    unit bigint NOT NULL,                        -- number of system|code, or 0
    code bigint NOT NULL                         -- number of the code or text of the unit alone
);
CREATE INDEX search_number_resource ON search_number (key, parameter, low, high);
CREATE INDEX search_number_low ON search_number (parameter, low, high, key);
CREATE INDEX search_number_high ON search_number (parameter, high, low, key);

CREATE TABLE search_text (                       -- not unique: two writers may bring the same text at once
    parameter integer NOT NULL,
    value text COLLATE "C" NOT NULL,
    term bigint NOT NULL
);
CREATE INDEX search_text_value ON search_text (parameter, value);

-- What other resources contain, each a row as in `resource`, with `key` below zero: so the tables above hold what it is
-- found by, and ordinary searches pass over it.
CREATE TABLE search_contained (
    type text COLLATE "C" NOT NULL,
    key bigint NOT NULL,
    container_type text COLLATE "C" NOT NULL,
    container bigint NOT NULL,                   -- key of the resource that contains it
    id text COLLATE "C" NOT NULL,                -- within the container, without #
    updated timestamptz NOT NULL,                -- the container's
    content json NOT NULL,                       -- again, so that nobody has to look for it in the container
    terms bigint[] NOT NULL,
    name bigint NOT NULL,                        -- number of Type/id#id
    CONSTRAINT search_contained_pkey PRIMARY KEY (key)
);
ALTER TABLE search_contained ALTER COLUMN terms SET STATISTICS 1000;
CREATE INDEX search_contained_container ON search_contained (container);
CREATE INDEX search_contained_type ON search_contained (type, container);
CREATE INDEX search_contained_name ON search_contained (name);
CREATE INDEX search_contained_terms ON search_contained USING gin (terms) WITH (gin_pending_list_limit = 256);

CREATE TABLE search_reindex (                    -- runs that make the terms of resources anew
    id bigint GENERATED ALWAYS AS IDENTITY,
    type text COLLATE "C",                       -- of one type only
    after_key bigint NOT NULL DEFAULT 0,         -- resources up to this key are done
    upto_key bigint,                             -- NULL: who writes by other parameters must be done first
    done bigint NOT NULL DEFAULT 0,
    started timestamptz NOT NULL,
    finished timestamptz,
    parameter text COLLATE "C",                  -- id of the SearchParameter that can't be used before the end
    awaited text[],                              -- transactions that may write by other parameters
    total bigint,                                -- resources that there were when it was asked for; NULL: not counted
    CONSTRAINT search_reindex_pkey PRIMARY KEY (id)
);

CREATE TABLE search_parameter (                  -- those that R4 does not have
    id text COLLATE "C" NOT NULL,                -- of the SearchParameter resource
    definition json NOT NULL,                    -- the part of it by which searches go
    CONSTRAINT search_parameter_pkey PRIMARY KEY (id)
);

CREATE TABLE search_version (                    -- one row
    version text COLLATE "C" NOT NULL            -- of the set of parameters; another one with each change
);
INSERT INTO search_version (version) VALUES ('R4');

CREATE TABLE subscription (                      -- what Subscription resources ask for
    id text COLLATE "C" NOT NULL,                -- of the resource
    status text NOT NULL,                        -- the resource's; 'off' wants nothing
    type text COLLATE "C" NOT NULL,              -- of what is waited for
    criteria text NOT NULL,                      -- the search, without the type
    ends timestamptz,
    account text,                                -- who last wrote it, and limits what is sent; NULL: the system
    scopes text[],                               -- of the key with which that account wrote it; NULL: none
    after bigint NOT NULL,                       -- changes by higher numbers are those since it is in force
    headers text[] NOT NULL DEFAULT '{}',        -- of before values were sealed: the worker seals them and empties it
    header_names text[] NOT NULL DEFAULT '{}',   -- of channel.header
    header_values bytea[] NOT NULL DEFAULT '{}', -- their values in the same order, sealed; the resource has none
    topic text,                                  -- its canonical URL; NULL: criteria of R4
    content text,                                -- of notifications about a topic: empty, id-only, full-resource
    heartbeat integer,                           -- seconds after which a notification comes though nothing happened
    events bigint NOT NULL DEFAULT 0,            -- how many there were
    handshake timestamptz,                       -- when it was asked for, since the Subscription was requested
    told timestamptz,                            -- when something was sent last, where there is a heartbeat
    CONSTRAINT subscription_pkey PRIMARY KEY (id)
);

CREATE TABLE resource_change (                   -- versions that somebody may wait for, until that is looked at
    number bigint GENERATED ALWAYS AS IDENTITY,  -- those of one resource are in the order of its versions
    type text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    deleted boolean NOT NULL DEFAULT false,      -- noted for topics alone
    CONSTRAINT resource_change_pkey PRIMARY KEY (number)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

CREATE TABLE subscription_event (                -- what Subscriptions to topics were told of, for some days
    subscription text COLLATE "C" NOT NULL REFERENCES subscription ON DELETE CASCADE,
    number bigint NOT NULL,                      -- from 1 on, without gaps
    at timestamptz NOT NULL,
    type text COLLATE "C" NOT NULL,              -- of the resource that it is about
    id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    deleted boolean NOT NULL,
    CONSTRAINT subscription_event_pkey PRIMARY KEY (subscription, number)
);
CREATE INDEX subscription_event_at ON subscription_event (at);

CREATE FUNCTION resource_change_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('resource_change', '');
    RETURN NULL;
END $$;
-- For each row: an ordinary write inserts none, and must not pay for a statement that does nothing.
CREATE TRIGGER notify AFTER INSERT ON resource_change
    FOR EACH ROW EXECUTE FUNCTION resource_change_notify();
CREATE TRIGGER notify AFTER INSERT OR UPDATE OR DELETE ON subscription
    FOR EACH ROW EXECUTE FUNCTION resource_change_notify();

CREATE TABLE search_reseal (                     -- runs that encrypt values anew, by the key that is in use
    id bigint GENERATED ALWAYS AS IDENTITY,
    not_before timestamptz NOT NULL,             -- until then somebody may write by another key
    place text NOT NULL DEFAULT 'resource',      -- then 'container', then 'history'
    after text[] NOT NULL DEFAULT '{}',          -- what was looked at last there, by its key
    looked bigint NOT NULL DEFAULT 0,            -- versions that were looked at
    done bigint NOT NULL DEFAULT 0,              -- versions that were written
    started timestamptz NOT NULL,
    finished timestamptz,
    CONSTRAINT search_reseal_pkey PRIMARY KEY (id)
);
