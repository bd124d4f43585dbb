/*
id = "pull_requests"
version = 1
tier = 2
cadence = "week"
question = "How many changes stand behind the pull-request figures?"
definition = "merged: changes merged in the period that are not bots' (the base set of the pull-request metrics). bots_left_out: those that a bot opened, merged in the period and left out everywhere."
source = "Candor"
caveats = "A count for context, no measure of output."
needs = ["pull_requests"]
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = "merged"
unit = "changes"
direction = "neither"
estimator = "count"
value = "merged"

[[figure]]
name = "bots_left_out"
unit = "changes"
direction = "neither"
estimator = "count"
value = "by_bot"
*/
SELECT
    change AS unit, author AS cluster, author AS person, at, source, level, team, repo, context, business, FALSE AS is_exposure,
    1.0 AS merged, 0.0 AS by_bot
FROM merged_changes
UNION ALL
SELECT
    change AS unit, author AS cluster, NULL AS person, merged_at AS at, source, 'unknown' AS level, 'none' AS team, repo, context, business, FALSE AS is_exposure,
    0.0 AS merged, 1.0 AS by_bot
FROM changes
WHERE is_bot AND merged_at IS NOT NULL
UNION ALL
SELECT
    CAST(day AS VARCHAR) AS unit, NULL AS cluster, NULL AS person, starts_at AS at, NULL AS source, NULL AS level, NULL AS team, NULL AS repo, NULL AS context, NULL AS business, TRUE AS is_exposure,
    0.0 AS merged, 0.0 AS by_bot
FROM window_days
