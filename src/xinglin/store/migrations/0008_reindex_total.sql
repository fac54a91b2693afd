-- How many resources a run has to do, where it was counted when the run was asked for.
ALTER TABLE search_reindex ADD COLUMN total bigint;
