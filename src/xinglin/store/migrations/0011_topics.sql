-- Subscriptions to topics: what they are told of is numbered and kept for a while.
ALTER TABLE subscription ADD COLUMN topic text;
ALTER TABLE subscription ADD COLUMN content text;
ALTER TABLE subscription ADD COLUMN heartbeat integer;
ALTER TABLE subscription ADD COLUMN events bigint NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN handshake timestamptz;
ALTER TABLE subscription ADD COLUMN told timestamptz;
ALTER TABLE resource_change ADD COLUMN deleted boolean NOT NULL DEFAULT false;

CREATE TABLE subscription_event (
    subscription text COLLATE "C" NOT NULL REFERENCES subscription ON DELETE CASCADE,
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    type text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    deleted boolean NOT NULL,
    CONSTRAINT subscription_event_pkey PRIMARY KEY (subscription, number)
);
CREATE INDEX subscription_event_at ON subscription_event (at);
