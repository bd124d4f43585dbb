/*
id = "faros_churn"
version = 1
tier = 2
cadence = "week"
question = "Churn as Faros counts it: how many lines are deleted for each line that is added?"
definition = "Lines that ended in the period / lines that landed in it, whichever lines they are."
source = "Faros AI, The AI Productivity Paradox (2025)"
caveats = "A clean-up of old code raises it, a growing code base lowers it: it says nothing of the lines of the period."
needs = ["lines"]
ours = "rework_14d"

[[figure]]
name = "peer"
step = "as Faros defines it"
unit = "lines deleted / line added"
direction = "lower"
estimator = "ratio"
numerator = "deleted"
denominator = "added"

[[figure]]
name = "own_lines"
step = "only deletions of the lines that landed in the period, whenever they come"
unit = "share of lines"
direction = "lower"
estimator = "ratio"
numerator = "ended_ever"
denominator = "added"

[[figure]]
name = "days"
step = "only within 14 days of the landing"
unit = "share of lines"
direction = "lower"
estimator = "ratio"
numerator = "ended_14d"
denominator = "added"

[[figure]]
name = "people"
step = "without lines of bots"
unit = "share of lines"
direction = "lower"
estimator = "ratio"
numerator = "ended_14d"
denominator = "added"
where = "by_people"

[[figure]]
name = "substantive"
step = "without blank lines and lone punctuation"
unit = "share of lines"
direction = "lower"
estimator = "ratio"
numerator = "substantive_ended_14d"
denominator = "substantive_lines"
where = "counted"

[[figure]]
name = "ours"
step = "lines that nobody could watch for 14 days are censored instead of counted as unchanged"
unit = "share of lines"
direction = "lower"
estimator = "survival"
duration = "days"
event = "died"
weight = "substantive_lines"
at_time = 14.0
report = "event"
follow_up_days = 14
where = "counted"
*/
SELECT
    l.unit,
    l.cluster,
    l.person,
    landed_at AS at,
    by_people,
    counted,
    days,
    died,
    0.0 AS deleted,
    all_lines AS added,
    substantive_lines,
    CASE WHEN died THEN all_lines ELSE 0.0 END AS ended_ever,
    CASE WHEN died AND days <= 14 THEN all_lines ELSE 0.0 END AS ended_14d,
    CASE WHEN died AND days <= 14 THEN substantive_lines ELSE 0.0 END AS substantive_ended_14d
FROM aged_lines l
UNION ALL
SELECT
    l.unit,
    l.cluster,
    NULL AS person,
    ended_at AS at,
    FALSE AS by_people,
    FALSE AS counted,
    NULL AS days,
    NULL AS died,
    all_lines AS deleted,
    0.0 AS added,
    0.0 AS substantive_lines,
    0.0 AS ended_ever,
    0.0 AS ended_14d,
    0.0 AS substantive_ended_14d
FROM aged_lines l
WHERE died
