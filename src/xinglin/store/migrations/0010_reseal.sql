-- Runs that encrypt values of resources anew, by the key that is in use, or put them into clear.
CREATE TABLE search_reseal (
    id bigint GENERATED ALWAYS AS IDENTITY,
    not_before timestamptz NOT NULL,
    place text NOT NULL DEFAULT 'resource',
    after text[] NOT NULL DEFAULT '{}',
    looked bigint NOT NULL DEFAULT 0,
    done bigint NOT NULL DEFAULT 0,
    started timestamptz NOT NULL,
    finished timestamptz,
    CONSTRAINT search_reseal_pkey PRIMARY KEY (id)
);
