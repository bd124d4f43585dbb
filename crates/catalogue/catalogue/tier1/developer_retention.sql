/*
id = "developer_retention"
version = 1
tier = 1
cadence = "month"
question = "How many engineers are still here after a year?"
definition = "Unit: an employment spell of a person who is an engineer on entry; entry = the later of hire and the start of the window. Event: the end of the employment for any reason (a change of role is none; a gap ends a spell). Kaplan-Meier S(12) in calendar months; level, team and the AI policy of that team on entry. resigned_12_months: cumulative incidence of resigning, other ends compete."
source = "Candor; Kaplan and Meier 1958, Aalen and Johansen 1978"
caveats = "Who was already here at the start of the window enters there, so the first year of a hire and a later year are mixed. Small teams move by single persons."
needs = ["employment"]
slices = ["level", "team", "ai_policy"]

[[figure]]
name = "12_months"
unit = "share of engineers"
direction = "higher"
estimator = "survival"
duration = "months"
event = "has_left"
at_time = 12.0
report = "survival"
periods = []

[[figure]]
name = "resigned_12_months"
unit = "share of engineers"
direction = "lower"
estimator = "cumulative_incidence"
duration = "months"
cause = "cause"
at_time = 12.0
periods = []

[[figure]]
name = "engineers"
unit = "people"
direction = "neither"
estimator = "count"
value = "one"
periods = []

[[figure]]
name = "left"
unit = "people"
direction = "neither"
estimator = "count"
value = "left_count"
periods = []
*/
SELECT
    e.person || ' ' || e.entry_day AS unit,
    e.person AS cluster,
    e.person,
    c.starts_at AS at,
    e.level,
    e.team,
    e.ai_policy,
    m.months,
    e.has_left,
    CASE WHEN NOT e.has_left THEN 0 WHEN e.end_reason = 'resigned' THEN 1 ELSE 2 END AS cause,
    1.0 AS one,
    CASE WHEN e.has_left THEN 1.0 ELSE 0.0 END AS left_count
FROM engineer_spells e
JOIN month_counts m ON m.from_day = e.entry_day AND m.to_day = e.until_day
JOIN calendar c ON c.day = e.entry_day
