CREATE TABLE subscription (
    id text COLLATE "C" NOT NULL,
    status text NOT NULL,
    type text COLLATE "C" NOT NULL,
    criteria text NOT NULL,
    ends timestamptz,
    account text,
    scopes text[],
    after bigint NOT NULL,
    headers text[] NOT NULL,
    CONSTRAINT subscription_pkey PRIMARY KEY (id)
);

CREATE TABLE resource_change (
    number bigint GENERATED ALWAYS AS IDENTITY,
    type text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    CONSTRAINT resource_change_pkey PRIMARY KEY (number)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

CREATE FUNCTION resource_change_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('resource_change', '');
    RETURN NULL;
END $$;
CREATE TRIGGER notify AFTER INSERT ON resource_change
    FOR EACH ROW EXECUTE FUNCTION resource_change_notify();
CREATE TRIGGER notify AFTER INSERT OR UPDATE OR DELETE ON subscription
    FOR EACH ROW EXECUTE FUNCTION resource_change_notify();
