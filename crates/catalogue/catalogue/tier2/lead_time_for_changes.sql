/*
id = "lead_time_for_changes"
version = 1
tier = 2
cadence = "week"
question = "How long does a change take from its first commit to production?"
definition = "Changes that are not bots', by their first deployment to production in the period: hours from the first commit to that deployment, real elapsed time, at least one minute. Geometric mean; median and P75 of the same hours. Level and team at the merge. A change without a known first commit is left out, never replaced by when it was opened; a change that was never deployed is not in it."
source = "DORA, Accelerate State of DevOps 2024 (lead time for changes; DORA reports the median)"
caveats = "Nights and weekends are inside. Changes that wait for a release train share its wait."
needs = ["deployments", "pull_requests"]
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = "hours"
unit = "hours"
direction = "lower"
estimator = "geometric_mean"
value = "hours"

[[figure]]
name = "median_hours"
unit = "hours"
direction = "lower"
estimator = "median"
value = "hours"

[[figure]]
name = "p75_hours"
unit = "hours"
direction = "lower"
estimator = "quantile"
q = 0.75
value = "hours"

[[figure]]
name = "n"
unit = "changes"
direction = "neither"
estimator = "count"
value = "timed"

[[figure]]
name = "never_deployed_share"
unit = "share of merged changes"
direction = "neither"
estimator = "proportion"
value = "never_deployed"
*/
SELECT
    change AS unit, author AS cluster, author AS person, at, source, level, team, repo, context, business,
    CASE WHEN first_commit_at IS NOT NULL THEN GREATEST(date_part('epoch', deployed_at - first_commit_at), 60.0) / 3600.0 END AS hours,
    CASE WHEN first_commit_at IS NOT NULL THEN 1.0 END AS timed,
    NULL AS never_deployed
FROM deployed_changes
UNION ALL
SELECT
    m.change AS unit, m.author AS cluster, m.author AS person, m.at, m.source, m.level, m.team, m.repo, m.context, m.business,
    NULL AS hours,
    NULL AS timed,
    CASE WHEN f.change IS NULL THEN 1.0 ELSE 0.0 END AS never_deployed
FROM merged_changes m
LEFT JOIN first_deployments f ON f.change = m.change
