/*
One row per successful production deployment, not a rollback, with whether it failed (DORA's unit of definitions.md, 3, change_failure_rate): an incident names it or a change first shipped by it,
or it was rolled back or repaired. `is_mature`: its seven days are over at as_of. `recovered_at`: the latest end of its incidents, none while one of them is open; without an incident the end of its first remediation.
*/
WITH its_incidents AS (
    SELECT deployment, incident, resolved_at FROM incident_charges
    UNION
    SELECT d.id, i.incident, i.resolved_at
    FROM incident_causes i
    JOIN production_deployments d ON d.id = i.deployment
    WHERE i.triggered_at >= d.finished_at AND i.triggered_at <= d.finished_at + INTERVAL '7 days'
),
by_incident AS (
    SELECT
        deployment,
        CASE WHEN COUNT(*) = COUNT(resolved_at) THEN MAX(resolved_at) END AS recovered_at
    FROM its_incidents
    GROUP BY deployment
),
by_repair AS (
    SELECT deployment, MIN(finished_at) AS recovered_at FROM remediations GROUP BY deployment
)
SELECT
    d.id,
    d.service,
    d.repo,
    d.business,
    d.finished_at AS at,
    d.finished_at + INTERVAL '7 days' <= s.as_of_at AS is_mature,
    i.deployment IS NOT NULL OR r.deployment IS NOT NULL AS failed,
    CASE WHEN i.deployment IS NOT NULL THEN i.recovered_at ELSE r.recovered_at END AS recovered_at
FROM settings s
CROSS JOIN production_deployments d
LEFT JOIN by_incident i ON i.deployment = d.id
LEFT JOIN by_repair r ON r.deployment = d.id
WHERE NOT d.is_rollback
