/*
id = "deployment_frequency"
version = 1
tier = 2
cadence = "week"
question = "How often does the organisation deploy to production?"
definition = "Successful production deployments that are not rollbacks (hot fixes count) by their end, per week: number / (days of the period / 7)."
source = "DORA, Accelerate State of DevOps 2024 (deployment frequency)"
caveats = "Failed, cancelled and running deployments and other environments do not count. A pipeline that deploys each service apart counts each."
needs = ["deployments"]
slices = ["service", "repo", "business"]

[[figure]]
name = "per_week"
unit = "deployments / week"
direction = "higher"
estimator = "rate"
numerator = "deployments"
denominator = "weeks"
*/
SELECT
    id AS unit, NULL AS cluster, NULL AS person, finished_at AS at, service, repo, business, FALSE AS is_exposure,
    1.0 AS deployments, 0.0 AS weeks
FROM production_deployments
WHERE NOT is_rollback
UNION ALL
SELECT
    CAST(day AS VARCHAR) AS unit, NULL AS cluster, NULL AS person, starts_at AS at, NULL AS service, NULL AS repo, NULL AS business, TRUE AS is_exposure,
    0.0 AS deployments, weeks
FROM window_days
