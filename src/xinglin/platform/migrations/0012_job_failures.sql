-- Where a job failed the last time. Jobs are procrastinate's own table, whose rows come and go by its functions.
CREATE TABLE job_failure (
    job bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    error text NOT NULL
);
