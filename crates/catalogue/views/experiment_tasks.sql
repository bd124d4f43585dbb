/*
One row per task of a task experiment that was assigned before as_of, by arm as assigned (definitions.md, 4, task RCT). `analysed` = status done before as_of; total = actual + post-review minutes,
an unrecorded post-review being the mean of the recorded ones of its arm (`imputed_post_review`); a task that finishes later is still open.
*/
WITH assigned AS (
    SELECT
        t.experiment,
        t.task,
        t.person,
        a.arm,
        a.stratum,
        a.assigned_at,
        a.complied,
        t.forecast_minutes_with_ai,
        t.forecast_minutes_without_ai,
        CASE WHEN t.status = 'done' AND t.finished_at >= s.as_of_at THEN 'open' ELSE t.status END AS status,
        CASE WHEN t.finished_at < s.as_of_at THEN t.finished_at END AS finished_at,
        t.actual_minutes,
        t.post_review_minutes,
        t.perceived_speedup
    FROM settings s
    CROSS JOIN assignments a
    JOIN tasks t ON t.experiment = a.experiment AND t.task = a.unit
    WHERE a.unit_kind = 'task' AND a.assigned_at < s.as_of_at
),
recorded AS (
    SELECT experiment, arm, AVG(post_review_minutes) AS imputed_post_review
    FROM assigned
    WHERE status = 'done'
    GROUP BY experiment, arm
)
SELECT
    a.*,
    a.status = 'done' AS analysed,
    r.imputed_post_review,
    CASE WHEN a.status = 'done' THEN a.actual_minutes + COALESCE(a.post_review_minutes, r.imputed_post_review) END AS total_minutes,
    1.0 - a.forecast_minutes_with_ai / a.forecast_minutes_without_ai AS forecast_speedup
FROM assigned a
LEFT JOIN recorded r ON r.experiment = a.experiment AND r.arm = a.arm
