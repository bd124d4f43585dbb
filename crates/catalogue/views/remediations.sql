/*
One row per rollback or hot fix and the deployment that it repairs (definitions.md, 3, change_failure_rate (c)): the one that `remediates` names, or, where it is empty,
the latest production deployment of the service, not a rollback, that finished before it started. Only those that finished within [F, F + 7 days] of that deployment's end F.
*/
WITH repairs AS (
    SELECT * FROM production_deployments WHERE is_rollback OR is_hotfix
),
timeline AS (
    SELECT service, started_at AS at, 0 AS ends, row_number, id AS repair, NULL AS deployment
    FROM repairs
    WHERE remediates IS NULL
    UNION ALL
    SELECT service, finished_at AS at, 1 AS ends, row_number, NULL AS repair, id AS deployment
    FROM production_deployments
    WHERE NOT is_rollback
),
latest AS (
    SELECT
        repair,
        LAST_VALUE(deployment) IGNORE NULLS OVER (
            PARTITION BY service ORDER BY at, ends, row_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS deployment
    FROM timeline
),
targets AS (
    SELECT id AS repair, remediates AS deployment FROM repairs WHERE remediates IS NOT NULL
    UNION ALL
    SELECT repair, deployment FROM latest WHERE repair IS NOT NULL AND deployment IS NOT NULL
)
SELECT
    t.repair,
    t.deployment,
    r.started_at,
    r.finished_at
FROM targets t
JOIN repairs r ON r.id = t.repair
JOIN production_deployments d ON d.id = t.deployment
WHERE NOT d.is_rollback
    AND r.finished_at >= d.finished_at
    AND r.finished_at <= d.finished_at + INTERVAL '7 days'
