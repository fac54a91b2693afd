-- name: facts
SELECT current_setting('server_version') AS version,
  pg_size_pretty(pg_database_size(current_database())) AS size,
  (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections,
  (SELECT count(DISTINCT pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'xinglin-worker') AS workers

-- name: archiver
SELECT last_archived_time, failed_count, coalesce(last_failed_time > last_archived_time, last_failed_time IS NOT NULL)
FROM pg_stat_archiver WHERE current_setting('archive_mode') <> 'off'

-- name: jobs
SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status
