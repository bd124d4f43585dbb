/*
id = "failed_deployment_recovery_time"
version = 1
tier = 2
cadence = "week"
question = "How long does it take to recover from a deployment that failed?"
definition = "Failed deployments (see change_failure_rate.deployments) that finished in the period: hours from the end of the deployment to the latest end of its incidents, or, without an incident, to the end of the first rollback or hot fix; at least one minute; geometric mean. Those of which an incident is still open are counted in open and left out of the hours; n is the number of failed deployments. Overall takes those of the last seven days as far as they are known to have failed; a period is printed seven days after its end."
source = "DORA, Accelerate State of DevOps 2023 and 2024 (failed deployment recovery time)"
caveats = "The clock starts at the deployment, not at the alarm. Long open failures are missing from the mean: read open beside it."
needs = ["deployments", "incidents"]
slices = ["service", "repo", "business"]

[[figure]]
name = "hours"
unit = "hours"
direction = "lower"
estimator = "geometric_mean"
value = "hours"
follow_up_days = 7

[[figure]]
name = "n"
unit = "failed deployments"
direction = "lower"
estimator = "count"
value = "failed"
follow_up_days = 7

[[figure]]
name = "open"
unit = "failed deployments"
direction = "lower"
estimator = "count"
value = "open"
follow_up_days = 7
*/
SELECT
    id AS unit,
    service AS cluster,
    NULL AS person,
    at,
    service,
    repo,
    business,
    CASE WHEN recovered_at IS NOT NULL THEN GREATEST(date_part('epoch', recovered_at - at), 60.0) / 3600.0 END AS hours,
    1.0 AS failed,
    CASE WHEN recovered_at IS NULL THEN 1.0 ELSE 0.0 END AS open
FROM judged_deployments
WHERE failed
