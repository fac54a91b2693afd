-- The whole schema of the terminology on one page. Migrations lead to exactly this; a test compares the two.
--
-- What CodeSystem and ConceptMap resources hold, made searchable. A system that was imported from its publisher's files
-- stands here only: its resource says `content: not-present`. All other rows are made again from their resource.

CREATE TABLE code_system (
    number integer GENERATED ALWAYS AS IDENTITY,
    id text COLLATE "C" NOT NULL,               -- of the CodeSystem resource
    indexed integer NOT NULL,                   -- the version of the resource that the rows were made from
    url text COLLATE "C" NOT NULL,
    version text COLLATE "C",                   -- the publisher's
    name text,
    value_set text COLLATE "C",                 -- the canonical URL of the value set with all codes
    content text NOT NULL,
    CONSTRAINT code_system_pkey PRIMARY KEY (number),
    CONSTRAINT code_system_id UNIQUE (id)
);
CREATE INDEX code_system_value_set ON code_system (value_set);

CREATE TABLE concept (
    system integer NOT NULL,
    code text COLLATE "C" NOT NULL,
    position integer NOT NULL,                  -- in the order of the code system
    display text NOT NULL,
    active boolean NOT NULL,
    abstract boolean NOT NULL,                  -- groups others and is not to be chosen
    definition text,
    designations json,                          -- as in CodeSystem.concept.designation
    properties jsonb,                           -- property → its values as texts
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

CREATE TABLE concept_name (                     -- a display or designation, normalised and without spaces
    system integer NOT NULL,
    code text COLLATE "C" NOT NULL,
    width smallint NOT NULL,                    -- characters of the display: among equals, the shortest comes first
    name text COLLATE "C" NOT NULL,
    pinyin text COLLATE "C",
    initials text COLLATE "C",
    grams integer[] NOT NULL,                   -- hashes of the parts of all three, made with the system's number
    CONSTRAINT concept_name_system FOREIGN KEY (system) REFERENCES code_system ON DELETE CASCADE
);
CREATE INDEX concept_name_code ON concept_name (system, code);
CREATE INDEX concept_name_start ON concept_name (system, name);
CREATE INDEX concept_name_pinyin ON concept_name (system, pinyin) WHERE pinyin IS NOT NULL;
CREATE INDEX concept_name_initials ON concept_name (system, initials) WHERE initials IS NOT NULL;
CREATE INDEX concept_name_grams ON concept_name USING gin (grams) WITH (gin_pending_list_limit = 256);

CREATE TABLE concept_map (
    number integer GENERATED ALWAYS AS IDENTITY,
    id text COLLATE "C" NOT NULL,               -- of the ConceptMap resource
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
    target_code text COLLATE "C",               -- NULL: the source is known to have no target
    display text,
    equivalence text NOT NULL,
    comment text,
    CONSTRAINT concept_mapping_pkey PRIMARY KEY (map, position),
    CONSTRAINT concept_mapping_map FOREIGN KEY (map) REFERENCES concept_map ON DELETE CASCADE
);
CREATE INDEX concept_mapping_source ON concept_mapping (source_code, source_system, map);
CREATE INDEX concept_mapping_target ON concept_mapping (target_code, target_system, map);
