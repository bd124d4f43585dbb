/*
id = "defect_rate"
version = 1
tier = 2
cadence = "week"
question = "How many landed changes does a later fix trace back to?"
definition = "Unit: a landing with at least one countable line, not a bot's. Event: the first fix that deletes or changes one of its lines, blank and comment-only lines aside, the lines being older than the bug's report where there is one. Fix: linked to an item of type bug that is not invalid or duplicate, or a conventional fix, or a revert; bulk reformats never are. 1 - S(90) by Kaplan-Meier, in real days, clustered by author."
source = "Sliwerski, Zimmermann and Zeller 2005 (SZZ), with the filters of Kim 2006 and da Costa 2017"
caveats = "SZZ blames whoever wrote the lines that a fix touches, who need not have caused the fault. Teams that label fixes well look worse."
needs = ["landings"]
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = ""
unit = "share of landed changes"
direction = "lower"
estimator = "survival"
duration = "days"
event = "fixed"
at_time = 90.0
report = "event"
follow_up_days = 90
*/
SELECT
    l.unit,
    l.cluster,
    l.person,
    at,
    source,
    level,
    team,
    repo,
    context,
    business,
    date_part('epoch', COALESCE(first_fix_at, followed_until) - at) / 86400.0 AS days,
    first_fix_at IS NOT NULL AS fixed
FROM counted_landings l
WHERE n_lines > 0
