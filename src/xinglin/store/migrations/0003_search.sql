-- Search by numbers and quantities, by references through others, and by the texts of codes.
--
-- The terms of references are made in a new way. A database that holds resources already is indexed anew: it gets a
-- row in search_reindex, and `name` is 0 until it is done.

ALTER TABLE resource ADD COLUMN name bigint NOT NULL DEFAULT 0;
ALTER TABLE resource ALTER COLUMN name DROP DEFAULT;
CREATE INDEX resource_name ON resource (name);

ALTER TABLE search_date ADD COLUMN patient bigint NOT NULL DEFAULT 0;
ALTER TABLE search_date ALTER COLUMN patient DROP DEFAULT;
CREATE INDEX search_date_patient ON search_date (patient, parameter, high, low, key);

CREATE TABLE search_number (
    key bigint NOT NULL,
    parameter integer NOT NULL,
    low numeric NOT NULL,
    high numeric NOT NULL,
    unit bigint NOT NULL,
    code bigint NOT NULL
);
CREATE INDEX search_number_resource ON search_number (key, parameter, low, high);
CREATE INDEX search_number_low ON search_number (parameter, low, high, key);
CREATE INDEX search_number_high ON search_number (parameter, high, low, key);

CREATE TABLE search_text (
    parameter integer NOT NULL,
    value text COLLATE "C" NOT NULL,
    term bigint NOT NULL
);
CREATE INDEX search_text_value ON search_text (parameter, value);

CREATE TABLE search_reindex (
    id bigint GENERATED ALWAYS AS IDENTITY,
    type text COLLATE "C",
    after_key bigint NOT NULL DEFAULT 0,
    upto_key bigint NOT NULL,
    done bigint NOT NULL DEFAULT 0,
    started timestamptz NOT NULL,
    finished timestamptz,
    CONSTRAINT search_reindex_pkey PRIMARY KEY (id)
);

INSERT INTO search_reindex (started, upto_key) SELECT now(), max(key) FROM resource HAVING count(*) > 0;
