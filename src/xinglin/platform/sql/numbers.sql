-- name: next_number
INSERT INTO number_series AS held (series, value) VALUES (%(series)s, 1)
ON CONFLICT (series) DO UPDATE SET value = held.value + 1
RETURNING value
