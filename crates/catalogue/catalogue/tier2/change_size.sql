/*
id = "change_size"
version = 1
tier = 2
cadence = "week"
question = "How large are the changes that are merged?"
definition = "Added plus deleted lines of each change merged in the period, bots' left out: the median over all of them, the geometric mean over those with at least one changed line."
source = "Candor"
caveats = "The counts are the host's and hold generated and lock files too. Changes of which a count is missing are left out and counted."
needs = ["pull_requests"]
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = "median_lines"
unit = "lines / change"
direction = "lower"
estimator = "median"
value = "lines"

[[figure]]
name = "geometric_mean_lines"
unit = "lines / change"
direction = "lower"
estimator = "geometric_mean"
value = "lines"
where = "has_lines"
*/
SELECT
    change AS unit,
    author AS cluster,
    author AS person,
    at,
    source,
    level,
    team,
    repo,
    context,
    business,
    CAST(lines AS DOUBLE) AS lines,
    lines IS NULL OR lines > 0 AS has_lines
FROM merged_changes
