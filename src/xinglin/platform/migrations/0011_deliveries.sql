-- What goes out to others by HTTP or a broker, in the order of its rows for each key of a channel.
CREATE TABLE delivery (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  channel text NOT NULL CHECK (channel <> ''),
  key text NOT NULL,
  payload jsonb NOT NULL,
  at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX delivery_of_channel ON delivery (channel, id);

-- Channels on which something failed: they rest until the next attempt, or, once held, until a person lets them go on.
CREATE TABLE delivery_pause (
  channel text PRIMARY KEY,
  next_attempt timestamptz NOT NULL,
  held timestamptz,
  error text NOT NULL
);

CREATE FUNCTION delivery_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('delivery', '');
  RETURN NULL;
END $$;
CREATE TRIGGER notify AFTER INSERT ON delivery FOR EACH STATEMENT EXECUTE FUNCTION delivery_notify();
CREATE TRIGGER notify AFTER DELETE ON delivery_pause FOR EACH ROW EXECUTE FUNCTION delivery_notify();
