/*
id = "deployment_rework_rate"
version = 1
tier = 2
cadence = "week"
question = "How much of what is deployed is unplanned repair?"
definition = "Hot fixes and rollbacks / all successful production deployments of the period, rollbacks inside."
source = "DORA, Accelerate State of DevOps 2024 (rework rate)"
caveats = "Only what is marked as hot fix or rollback is seen; a repair that is shipped as an ordinary deployment is not."
needs = ["deployments"]
slices = ["service", "repo", "business"]

[[figure]]
name = ""
unit = "share of deployments"
direction = "lower"
estimator = "proportion"
value = "rework"
*/
SELECT
    id AS unit,
    id AS cluster,
    NULL AS person,
    finished_at AS at,
    service,
    repo,
    business,
    CASE WHEN is_rollback OR is_hotfix THEN 1.0 ELSE 0.0 END AS rework
FROM production_deployments
