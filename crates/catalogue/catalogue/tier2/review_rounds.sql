/*
id = "review_rounds"
version = 1
tier = 2
cadence = "week"
question = "How often does a change go back to its author before it is merged?"
definition = "Reviewed changes: the larger of the number of reviews that request changes (by others, at or before the merge) and the number of pushes after the first review (empty counts 0); the mean over changes."
source = "Candor"
caveats = "A round that is both requested and pushed counts once. Hosts that do not report pushes after review give requests alone."
needs = ["pull_requests"]
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = ""
unit = "rounds / change"
direction = "lower"
estimator = "mean"
value = "rounds"
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
    CAST(rounds AS DOUBLE) AS rounds
FROM reviewed_changes
