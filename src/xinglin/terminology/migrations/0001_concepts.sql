-- Code systems and concept maps, made searchable.
CREATE TABLE code_system (
    number integer GENERATED ALWAYS AS IDENTITY,
    id text COLLATE "C" NOT NULL,
    indexed integer NOT NULL,
    url text COLLATE "C" NOT NULL,
    version text COLLATE "C",
    name text,
    value_set text COLLATE "C",
    content text NOT NULL,
    CONSTRAINT code_system_pkey PRIMARY KEY (number),
    CONSTRAINT code_system_id UNIQUE (id)
);
CREATE INDEX code_system_value_set ON code_system (value_set);

CREATE TABLE concept (
    system integer NOT NULL,
    code text COLLATE "C" NOT NULL,
    position integer NOT NULL,
    display text NOT NULL,
    active boolean NOT NULL,
    abstract boolean NOT NULL,
    definition text,
    designations json,
    properties jsonb,
    CONSTRAINT concept_pkey PRIMARY KEY (system, code),
    CONSTRAINT concept_system FOREIGN KEY (system) REFERENCES code_system ON DELETE CASCADE
);
CREATE INDEX concept_position ON concept (system, position);
CREATE INDEX concept_code ON concept (system, lower(code));
CREATE INDEX concept_properties ON concept USING gin (properties jsonb_path_ops);

CREATE TABLE concept_parent (
    system integer NOT NULL,
    child text COLLATE "C" NOT NULL,
    parent text COLLATE "C" NOT NULL,
    CONSTRAINT concept_parent_pkey PRIMARY KEY (system, child, parent),
    CONSTRAINT concept_parent_system FOREIGN KEY (system) REFERENCES code_system ON DELETE CASCADE
);
CREATE INDEX concept_child ON concept_parent (system, parent, child);

CREATE TABLE concept_name (
    system integer NOT NULL,
    code text COLLATE "C" NOT NULL,
    width smallint NOT NULL,
    name text COLLATE "C" NOT NULL,
    pinyin text COLLATE "C",
    initials text COLLATE "C",
    grams integer[] NOT NULL,
    CONSTRAINT concept_name_system FOREIGN KEY (system) REFERENCES code_system ON DELETE CASCADE
);
CREATE INDEX concept_name_code ON concept_name (system, code);
CREATE INDEX concept_name_start ON concept_name (system, name);
CREATE INDEX concept_name_pinyin ON concept_name (system, pinyin) WHERE pinyin IS NOT NULL;
CREATE INDEX concept_name_initials ON concept_name (system, initials) WHERE initials IS NOT NULL;
CREATE INDEX concept_name_grams ON concept_name USING gin (grams) WITH (gin_pending_list_limit = 256);

CREATE TABLE concept_map (
    number integer GENERATED ALWAYS AS IDENTITY,
    id text COLLATE "C" NOT NULL,
    indexed integer NOT NULL,
    CONSTRAINT concept_map_pkey PRIMARY KEY (number),
    CONSTRAINT concept_map_id UNIQUE (id)
);

CREATE TABLE concept_mapping (
    map integer NOT NULL,
    position integer NOT NULL,
    source_system text COLLATE "C" NOT NULL,
    source_code text COLLATE "C" NOT NULL,
    target_system text COLLATE "C" NOT NULL,
    target_code text COLLATE "C",
    display text,
    equivalence text NOT NULL,
    comment text,
    CONSTRAINT concept_mapping_pkey PRIMARY KEY (map, position),
    CONSTRAINT concept_mapping_map FOREIGN KEY (map) REFERENCES concept_map ON DELETE CASCADE
);
CREATE INDEX concept_mapping_source ON concept_mapping (source_code, source_system, map);
CREATE INDEX concept_mapping_target ON concept_mapping (target_code, target_system, map);
