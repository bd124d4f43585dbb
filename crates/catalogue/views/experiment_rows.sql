/*
What the figures of a task experiment are computed from, one row per task (`kind` = task) and per participant's belief (`kind` = belief): task_rct, perception_gap and forecast_gap read it.
*/
SELECT
    'task' AS kind, task AS unit, person AS cluster, person, assigned_at AS at, experiment, arm, stratum, status, analysed, complied,
    total_minutes, imputed_post_review, forecast_minutes_without_ai, forecast_speedup, perceived_speedup AS task_perceived_speedup, NULL AS perceived
FROM experiment_tasks
UNION ALL
SELECT
    'belief' AS kind, person AS unit, person AS cluster, person, at, experiment, NULL AS arm, NULL AS stratum, NULL AS status, NULL AS analysed, NULL AS complied,
    NULL AS total_minutes, NULL AS imputed_post_review, NULL AS forecast_minutes_without_ai, NULL AS forecast_speedup, NULL AS task_perceived_speedup, perceived
FROM experiment_beliefs
