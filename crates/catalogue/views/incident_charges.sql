-- kept
/*
One row per confirmed incident and change that it charges (definitions.md, 3, change_failure_rate (a) and (b)): it names the change, or the first deployment of the change,
and was triggered within [F, F + 7 days] of that deployment's end F, both limits inside. Bots' changes too.
*/
WITH charged AS (
    SELECT i.incident, i.triggered_at, i.resolved_at, f.change, f.deployment, f.deployed_at
    FROM incident_causes i
    JOIN first_deployments f ON f.change = i.change
    UNION
    SELECT i.incident, i.triggered_at, i.resolved_at, f.change, f.deployment, f.deployed_at
    FROM incident_causes i
    JOIN first_deployments f ON f.deployment = i.deployment
)
SELECT *
FROM charged
WHERE triggered_at >= deployed_at AND triggered_at <= deployed_at + INTERVAL '7 days'
