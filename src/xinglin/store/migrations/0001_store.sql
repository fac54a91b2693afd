-- The current version of every resource, what each is found by, and the versions that were superseded.

CREATE SEQUENCE resource_key;

CREATE TABLE resource (
    type text COLLATE "C" NOT NULL,
    key bigint NOT NULL DEFAULT nextval('resource_key'),
    id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    updated timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    content json,
    terms bigint[] NOT NULL DEFAULT '{}',
    CONSTRAINT resource_pkey PRIMARY KEY (type, key),
    CONSTRAINT resource_type_id UNIQUE (type, id),
    CONSTRAINT resource_content CHECK (deleted = (content IS NULL))
);
ALTER SEQUENCE resource_key OWNED BY resource.key;
ALTER TABLE resource ALTER COLUMN terms SET STATISTICS 1000;
CREATE INDEX resource_terms ON resource USING gin (terms) WITH (gin_pending_list_limit = 256);
CREATE INDEX resource_updated ON resource (type, updated, key);

CREATE TABLE resource_history (
    type text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    updated timestamptz NOT NULL,
    deleted boolean NOT NULL,
    content json,
    CONSTRAINT resource_history_pkey PRIMARY KEY (type, id, version)
);

CREATE TABLE search_date (
    key bigint NOT NULL,
    parameter integer NOT NULL,
    low timestamptz NOT NULL,
    high timestamptz NOT NULL
);
CREATE INDEX search_date_resource ON search_date (key, parameter, low, high);
CREATE INDEX search_date_low ON search_date (parameter, low, high, key);
CREATE INDEX search_date_high ON search_date (parameter, high, low, key);

CREATE TABLE search_string (
    key bigint NOT NULL,
    parameter integer NOT NULL,
    value text COLLATE "C" NOT NULL
);
CREATE INDEX search_string_resource ON search_string (key, parameter, value);
CREATE INDEX search_string_value ON search_string (parameter, value, key);
