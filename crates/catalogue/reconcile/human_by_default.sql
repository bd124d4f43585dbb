/*
id = "human_by_default"
version = 1
tier = 2
cadence = "week"
question = "Human work as most reports count it: what becomes of everything that carries no evidence of AI?"
definition = "Merged changes without any evidence of AI that were reverted within 30 days / all of them: what is not known to be AI is called human."
source = "common in reports that compare AI with human work"
caveats = "Evidence misses AI use, so the group called human holds unknown work, and a difference to AI work is diluted or turned."
needs = ["pull_requests"]
ours = "revert_rate_30d"
ours_by = { source = "human" }

[[figure]]
name = "peer"
step = "everything without evidence of AI is called human"
unit = "share of merged changes"
direction = "lower"
estimator = "proportion"
value = "reverted_30d"
where = "has_no_evidence"

[[figure]]
name = "known"
step = "only changes known to be human: the others are unknown"
unit = "share of merged changes"
direction = "lower"
estimator = "proportion"
value = "reverted_30d"
where = "is_human"

[[figure]]
name = "ours"
step = "changes that nobody could watch for 30 days are censored instead of counted as kept"
unit = "share of merged changes"
direction = "lower"
estimator = "survival"
duration = "days"
event = "reverted"
at_time = 30.0
report = "event"
follow_up_days = 30
where = "is_human"
*/
SELECT
    change AS unit,
    author AS cluster,
    author AS person,
    at,
    source IN ('human', 'unknown') AS has_no_evidence,
    source = 'human' AS is_human,
    days,
    reverted,
    reverted AND days <= 30 AS reverted_30d
FROM reverted_changes
