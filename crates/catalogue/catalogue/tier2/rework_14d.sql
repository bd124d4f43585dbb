/*
id = "rework_14d"
version = 1
tier = 2
cadence = "week"
question = "How much of the code that lands is changed or deleted within two weeks?"
definition = "The lines of code_durability: 1 - S(14). by_self and by_others: cumulative incidences at 14 days of a death by the person who wrote the line (author or co-author of the commit that changed it) and by anybody else; they add up to the whole. Weighted by lines, clustered by the author of the line."
source = "Candor; Aalen and Johansen 1978 for the split"
caveats = "Rework can be care: a quick follow-up of one's own counts as much as a repair by somebody else, so read the split. A death whose author is not known counts as by others."
needs = ["lines"]
slices = ["source", "landing_source", "level", "team", "repo", "context", "business", "tool", "language"]

[[figure]]
name = ""
unit = "share of lines"
direction = "lower"
estimator = "survival"
duration = "days"
event = "died"
weight = "weight"
at_time = 14.0
report = "event"
follow_up_days = 14

[[figure]]
name = "by_self"
unit = "share of lines"
direction = "lower"
estimator = "cumulative_incidence"
duration = "days"
cause = "killed_by"
weight = "weight"
at_time = 14.0
follow_up_days = 14

[[figure]]
name = "by_others"
unit = "share of lines"
direction = "lower"
estimator = "cumulative_incidence"
duration = "days"
cause = "killed_by_others_first"
weight = "weight"
at_time = 14.0
follow_up_days = 14
*/
SELECT
    *,
    CASE killed_by WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE 0 END AS killed_by_others_first
FROM line_lives
