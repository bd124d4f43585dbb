/*
id = "review_time"
version = 1
tier = 2
cadence = "week"
question = "How long does a change wait from ready for review to merge?"
definition = "Changes merged in the period, not by bots, that somebody other than the author reviewed or commented on at or before the merge. Hours from ready (`ready_at`, else `created_at`) to the merge, in real elapsed time, at least one minute. hours: geometric mean; first_review_hours: ready to the first such review or comment; hours_per_round: hours / (rounds + 1); median_hours and p75_hours: the same hours."
source = "Candor. Pick-up and review time as in LinearB and DORA's guides; the geometric mean because waiting times are skewed."
caveats = "Nights and weekends are inside: these are not working hours. A team that skips review looks fast, so read unreviewed_merge_rate beside it. Who opens changes late or as drafts moves the start of the clock."
needs = ["pull_requests"]
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = "hours"
unit = "hours"
direction = "lower"
estimator = "geometric_mean"
value = "hours"
where = "reviewed"

[[figure]]
name = "first_review_hours"
unit = "hours"
direction = "lower"
estimator = "geometric_mean"
value = "first_review_hours"
where = "reviewed"

[[figure]]
name = "hours_per_round"
unit = "hours / round"
direction = "lower"
estimator = "geometric_mean"
value = "hours_per_round"
where = "reviewed"

[[figure]]
name = "median_hours"
unit = "hours"
direction = "lower"
estimator = "median"
value = "hours"
where = "reviewed"

[[figure]]
name = "p75_hours"
unit = "hours"
direction = "lower"
estimator = "quantile"
q = 0.75
value = "hours"
where = "reviewed"
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
    reviewed,
    hours,
    first_review_hours,
    hours / (rounds + 1) AS hours_per_round
FROM reviewed_changes
