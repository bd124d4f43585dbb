/*
id = "revert_rate_30d"
version = 1
tier = 2
cadence = "week"
question = "How many merged changes are taken back within 30 days?"
definition = "Unit: a change merged in the period, not by a bot. Event: the first merged change that reverts it; duration from merge to merge in real days; censored at the snapshot. 1 - S(30) by Kaplan-Meier, an event after exactly 30 days counts. A later revert of the revert does not undo the event; a revert that is not merged is none. reverted: the number of changes with an event, whenever it came. landings: the same of landings on the mainline, without bulk commits, from git alone: git's revert message or restored content, censored where the history ends."
source = "Candor; Kaplan and Meier 1958"
caveats = "Only reverts that the host, git or the content shows are seen; a repair by hand is not one. A period is final 30 days after its end."
needs = []
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = ""
unit = "share of merged changes"
direction = "lower"
estimator = "survival"
duration = "days"
event = "reverted"
at_time = 30.0
report = "event"
follow_up_days = 30
where = "is_change"
needs = ["pull_requests"]

[[figure]]
name = "reverted"
unit = "changes"
direction = "lower"
estimator = "count"
value = "reverted_count"
where = "is_change"
needs = ["pull_requests"]

[[figure]]
name = "landings"
unit = "share of landings"
direction = "lower"
estimator = "survival"
duration = "days"
event = "reverted"
at_time = 30.0
report = "event"
follow_up_days = 30
where = "is_landing"
needs = ["landings"]
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
    days,
    reverted,
    CASE WHEN reverted THEN 1.0 ELSE 0.0 END AS reverted_count,
    TRUE AS is_change,
    FALSE AS is_landing
FROM reverted_changes
UNION ALL
SELECT
    l.unit,
    l.cluster,
    l.person,
    l.at,
    l.source,
    l.level,
    l.team,
    l.repo,
    l.context,
    l.business,
    date_part('epoch', COALESCE(l.reverted_at, l.followed_until) - l.at) / 86400.0 AS days,
    l.reverted_at IS NOT NULL AS reverted,
    NULL AS reverted_count,
    FALSE AS is_change,
    TRUE AS is_landing
FROM counted_landings l
