/*
id = "gitclear_churn"
version = 1
tier = 2
cadence = "week"
question = "Churn as GitClear counts it: how many new lines are changed within two weeks of their authoring?"
definition = "Lines changed or deleted within 14 days of the time at which they were authored / lines, of those that landed in the period."
source = "GitClear, AI Copilot Code Quality (2024, 2025)"
caveats = "Computed on Candor's line lives, which follow moves and renames; GitClear's own parser draws other lines."
needs = ["lines", "commits"]
ours = "rework_14d"

[[figure]]
name = "peer"
step = "as GitClear defines it"
unit = "share of lines"
direction = "lower"
estimator = "ratio"
numerator = "changed_14d_of_authoring"
denominator = "all_lines"

[[figure]]
name = "people"
step = "without lines of bots"
unit = "share of lines"
direction = "lower"
estimator = "ratio"
numerator = "changed_14d_of_authoring"
denominator = "all_lines"
where = "by_people"

[[figure]]
name = "substantive"
step = "without blank lines and lone punctuation"
unit = "share of lines"
direction = "lower"
estimator = "ratio"
numerator = "substantive_changed_14d_of_authoring"
denominator = "substantive_lines"
where = "counted"

[[figure]]
name = "landing"
step = "the clock starts at the landing: what a branch rewrites before it lands was never delivered"
unit = "share of lines"
direction = "lower"
estimator = "ratio"
numerator = "substantive_changed_14d_of_landing"
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
WITH authored AS (
    SELECT commit, MIN(authored_at) AS authored_at FROM commits GROUP BY commit
),
timed AS (
    SELECT
        l.*,
        date_part('epoch', l.ended_at - COALESCE(a.authored_at, l.landed_at)) / 86400.0 AS days_of_authoring
    FROM aged_lines l
    LEFT JOIN authored a ON a.commit = l.origin
)
SELECT
    *,
    landed_at AS at,
    CASE WHEN died AND days_of_authoring <= 14 THEN all_lines ELSE 0.0 END AS changed_14d_of_authoring,
    CASE WHEN died AND days_of_authoring <= 14 THEN substantive_lines ELSE 0.0 END AS substantive_changed_14d_of_authoring,
    CASE WHEN died AND days <= 14 THEN substantive_lines ELSE 0.0 END AS substantive_changed_14d_of_landing
FROM timed
