-- Searches for what resources contain.

CREATE TABLE search_contained (
    type text COLLATE "C" NOT NULL,
    key bigint NOT NULL,
    container_type text COLLATE "C" NOT NULL,
    container bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    updated timestamptz NOT NULL,
    content json NOT NULL,
    terms bigint[] NOT NULL,
    name bigint NOT NULL,
    CONSTRAINT search_contained_pkey PRIMARY KEY (key)
);
ALTER TABLE search_contained ALTER COLUMN terms SET STATISTICS 1000;
CREATE INDEX search_contained_container ON search_contained (container);
CREATE INDEX search_contained_type ON search_contained (type, container);
CREATE INDEX search_contained_name ON search_contained (name);
CREATE INDEX search_contained_terms ON search_contained USING gin (terms) WITH (gin_pending_list_limit = 256);

-- What is contained in resources that are stored is found as soon as they are indexed anew.
INSERT INTO search_reindex (started, upto_key)
SELECT now(), max(key) FROM resource
WHERE NOT EXISTS (SELECT FROM search_reindex WHERE finished IS NULL AND type IS NULL) HAVING count(*) > 0;
