-- Secrets by which pseudonyms and shifted dates of a project are made, sealed; who had one could undo them.
CREATE TABLE deidentification_key (
  project text COLLATE "C" PRIMARY KEY,
  suite text NOT NULL,
  sealed bytea NOT NULL,
  made timestamptz NOT NULL
);
