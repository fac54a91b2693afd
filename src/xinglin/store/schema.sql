-- The whole schema of the store on one page. Migrations lead to exactly this; a test compares the two.
--
-- A resource is found by:
--   terms          64-bit hashes of its tokens, references and URIs, each made of type, parameter and value
--   search_date    spans of time [low, high), by the number of the parameter, which implies the type
--   search_string  normalised texts, likewise
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
    CONSTRAINT resource_pkey PRIMARY KEY (type, key),
    CONSTRAINT resource_type_id UNIQUE (type, id),
    CONSTRAINT resource_content CHECK (deleted = (content IS NULL))
);
ALTER SEQUENCE resource_key OWNED BY resource.key;
ALTER TABLE resource ALTER COLUMN terms SET STATISTICS 1000;  -- so that the planner knows frequent terms from rare ones
-- Every search reads the list of terms that are not sorted in yet: at the usual 4 MB it takes three times as long,
-- while loading gets no slower with 256 kB.
CREATE INDEX resource_terms ON resource USING gin (terms) WITH (gin_pending_list_limit = 256);
CREATE INDEX resource_updated ON resource (type, updated, key);
CREATE INDEX resource_changed ON resource (updated);  -- history of the whole store

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
    high timestamptz NOT NULL
);
CREATE INDEX search_date_resource ON search_date (key, parameter, low, high);
CREATE INDEX search_date_low ON search_date (parameter, low, high, key);
CREATE INDEX search_date_high ON search_date (parameter, high, low, key);

CREATE TABLE search_string (
    key bigint NOT NULL,
    parameter integer NOT NULL,
    value text COLLATE "C" NOT NULL              -- normalised, at most 256 characters
);
CREATE INDEX search_string_resource ON search_string (key, parameter, value);
CREATE INDEX search_string_value ON search_string (parameter, value, key);
