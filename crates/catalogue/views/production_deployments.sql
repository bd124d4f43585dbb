/*
One row per successful production deployment finished before as_of, rollbacks and hot fixes too. Failed, cancelled and running deployments and other environments ship nothing.
*/
SELECT
    d.id,
    d.service,
    d.repo,
    COALESCE(r.business, 'unknown') AS business,
    d.started_at,
    d.finished_at,
    d.pull_requests,
    COALESCE(d.is_rollback, FALSE) AS is_rollback,
    COALESCE(d.is_hotfix, FALSE) AS is_hotfix,
    d.remediates,
    d.row_number
FROM settings s
CROSS JOIN deployments d
LEFT JOIN repositories r ON r.repo = d.repo
WHERE d.environment = 'production' AND d.status = 'succeeded' AND d.finished_at < s.as_of_at
