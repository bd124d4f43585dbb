/*
id = "change_failure_rate"
version = 1
tier = 2
cadence = "week"
question = "How many of the changes that reach production cause an incident, a rollback or a hot fix within a week?"
definition = "Unit: a change that is not a bot's, by its first deployment to production, F, whose seven days are over. It failed if within [F, F + 7 days], limits inside: (a) a confirmed incident names it; or (b) a confirmed incident names its first deployment; or (c) a rollback or hot fix of that deployment finished (the one it names, or the latest production deployment of the service before it) and no incident triggered before that remediation began names particular changes of the deployment by (a) or (b): then all its changes are charged. deployments: DORA's change fail rate, by deployments: at least one of (a), (b), (c), whoever is named, bots' changes too."
source = "DORA, Accelerate State of DevOps 2024 (change fail rate); the unit by change is Candor's"
caveats = "The two units are never mixed. A batch in which nobody is named charges all its changes and so dilutes every difference by source. A period is final seven days after its end."
needs = ["deployments", "incidents", "pull_requests"]
slices = ["source", "level", "team", "repo", "context", "business", "service"]

[[figure]]
name = ""
unit = "share of deployed changes"
direction = "lower"
estimator = "proportion"
value = "failed"
follow_up_days = 7

[[figure]]
name = "deployments"
unit = "share of deployments"
direction = "lower"
estimator = "proportion"
value = "failed_deployment"
follow_up_days = 7
slices = ["repo", "business", "service"]

[[figure]]
name = "failed_changes"
unit = "changes"
direction = "lower"
estimator = "count"
value = "failed"
follow_up_days = 7
*/
WITH charged AS (
    SELECT DISTINCT change FROM incident_charges
),
unnamed_repairs AS (
    SELECT DISTINCT r.deployment
    FROM remediations r
    LEFT JOIN incident_charges i ON i.deployment = r.deployment AND i.triggered_at < r.started_at
    WHERE i.incident IS NULL
)
SELECT
    c.change AS unit, c.author AS cluster, c.author AS person, c.at, c.source, c.level, c.team, c.repo, c.context, c.business, d.service,
    CASE WHEN i.change IS NOT NULL OR r.deployment IS NOT NULL THEN 1.0 ELSE 0.0 END AS failed,
    NULL AS failed_deployment
FROM settings s
CROSS JOIN deployed_changes c
JOIN production_deployments d ON d.id = c.deployment
LEFT JOIN charged i ON i.change = c.change
LEFT JOIN unnamed_repairs r ON r.deployment = c.deployment
WHERE c.at + INTERVAL '7 days' <= s.as_of_at
UNION ALL
SELECT
    id AS unit, id AS cluster, NULL AS person, at, NULL AS source, NULL AS level, NULL AS team, repo, NULL AS context, business, service,
    NULL AS failed,
    CASE WHEN failed THEN 1.0 ELSE 0.0 END AS failed_deployment
FROM judged_deployments
WHERE is_mature
