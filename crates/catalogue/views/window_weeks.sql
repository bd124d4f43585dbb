/* One row per ISO week (Monday to Sunday) that lies wholly inside the window, with the start of its Monday and whether AI-tool telemetry covers it: it lies wholly between the first and the last day of ai_usage.csv. */
WITH weeks AS (
    SELECT week_start, MIN(starts_at) AS at, MAX(day) AS last_day, COUNT(*) AS days
    FROM window_days
    GROUP BY week_start
),
telemetry AS (
    SELECT MIN(day) AS first_day, MAX(day) AS last_day FROM usage_days
)
SELECT
    w.week_start,
    w.at,
    COALESCE(w.week_start >= t.first_day AND w.last_day <= t.last_day, FALSE) AS instrumented
FROM telemetry t
CROSS JOIN weeks w
WHERE w.days = 7
