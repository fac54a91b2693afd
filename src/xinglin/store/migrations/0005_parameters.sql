-- Search parameters that R4 does not have, and the order in which they take effect.

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
