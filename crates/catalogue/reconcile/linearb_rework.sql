/*
id = "linearb_rework"
version = 1
tier = 2
cadence = "week"
question = "Rework as LinearB counts it: how much code is changed when it is less than 21 days old?"
definition = "Lines changed or deleted less than 21 days after they landed / lines, of those that landed in the period."
source = "LinearB, Software Engineering Benchmarks"
caveats = "LinearB divides by all changed code of the period; here the lines of the period are followed, so that one line counts once."
needs = ["lines"]
ours = "rework_14d"

[[figure]]
name = "peer"
step = "as LinearB defines it"
unit = "share of lines"
direction = "lower"
estimator = "ratio"
numerator = "changed_21d"
denominator = "all_lines"

[[figure]]
name = "days"
step = "14 days instead of 21"
unit = "share of lines"
direction = "lower"
estimator = "ratio"
numerator = "changed_14d"
denominator = "all_lines"

[[figure]]
name = "people"
step = "without lines of bots"
unit = "share of lines"
direction = "lower"
estimator = "ratio"
numerator = "changed_14d"
denominator = "all_lines"
where = "by_people"

[[figure]]
name = "substantive"
step = "without blank lines and lone punctuation"
unit = "share of lines"
direction = "lower"
estimator = "ratio"
numerator = "substantive_changed_14d"
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
    *,
    landed_at AS at,
    CASE WHEN died AND days < 21 THEN all_lines ELSE 0.0 END AS changed_21d,
    CASE WHEN died AND days <= 14 THEN all_lines ELSE 0.0 END AS changed_14d,
    CASE WHEN died AND days <= 14 THEN substantive_lines ELSE 0.0 END AS substantive_changed_14d
FROM aged_lines
