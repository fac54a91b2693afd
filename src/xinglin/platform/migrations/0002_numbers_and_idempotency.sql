CREATE TABLE number_series (
    series text PRIMARY KEY,
    value bigint NOT NULL CHECK (value > 0)
);

CREATE TABLE idempotency_key (
    account text NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 8 AND 200),
    digest text NOT NULL,
    result text,
    at timestamptz NOT NULL,
    PRIMARY KEY (account, key)
);

CREATE INDEX idempotency_key_at ON idempotency_key (at);
