-- name: job_failed
INSERT INTO job_failure (job, at, error) VALUES (%(job)s, now(), left(%(error)s, 4000))
ON CONFLICT (job) DO UPDATE SET at = excluded.at, error = excluded.error

-- name: job_failures_forget
DELETE FROM job_failure f WHERE NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.id = f.job)

-- name: jobs_listed
-- The newest first, a page at a time. An event 'scheduled' lies in the future: it is of the time for which the job is.
SELECT j.id, j.task_name, j.status::text, j.attempts, j.args, j.scheduled_at, f.at, f.error,
  (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type <> 'scheduled'),
  (SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type <> 'scheduled')
FROM procrastinate_jobs j LEFT JOIN job_failure f ON f.job = j.id
WHERE (%(status)s::text IS NULL OR j.status::text = %(status)s) AND (%(before)s::bigint IS NULL OR j.id < %(before)s)
  AND (%(id)s::bigint IS NULL OR j.id = %(id)s)
ORDER BY j.id DESC LIMIT %(limit)s

-- name: jobs_counted
SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status

-- name: job_again
-- At once, and with all its attempts.
UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL, abort_requested = false
WHERE id = %(id)s AND (status = 'failed' OR (status = 'todo' AND attempts > 0))
RETURNING task_name, args

-- name: job_discard
DELETE FROM procrastinate_jobs WHERE id = %(id)s AND status IN ('todo', 'failed', 'cancelled', 'aborted')
RETURNING task_name, args
