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
    change AS unit, author AS cluster, author AS person, at, source, level, team, repo, context, business,
    1.0 AS merged, 0.0 AS by_bot
FROM merged_changes
UNION ALL
SELECT
    change, author, NULL, merged_at, source, 'unknown', 'none', repo, context, business,
    0.0, 1.0
FROM changes
WHERE is_bot AND merged_at IS NOT NULL
