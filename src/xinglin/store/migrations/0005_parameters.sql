-- Search parameters that R4 does not have, and the order in which they take effect; search by distance and by unit.

CREATE TABLE search_parameter (
    id text COLLATE "C" NOT NULL,
    definition json NOT NULL,
    CONSTRAINT search_parameter_pkey PRIMARY KEY (id)
);

CREATE TABLE search_version (
    version text COLLATE "C" NOT NULL
);
INSERT INTO search_version (version) VALUES ('R4');

ALTER TABLE search_reindex ADD COLUMN parameter text COLLATE "C", ADD COLUMN awaited text[];
ALTER TABLE search_reindex ALTER COLUMN upto_key DROP NOT NULL;

-- Positions and units are new among what resources are found by.
INSERT INTO search_reindex (started, upto_key)
SELECT now(), max(key) FROM resource
WHERE NOT EXISTS (SELECT FROM search_reindex WHERE finished IS NULL AND type IS NULL) HAVING count(*) > 0;
