/*
id = "promotion_rate"
version = 1
tier = 1
cadence = "month"
question = "How many juniors become mid level within two years?"
definition = "Unit: the first engineering row of an employment spell whose job level is junior; a rehire as junior is a new unit, a direct hire at mid level is none. Event: the first day with a higher job level. Competing event: the end of the employment, or the first day in a role outside engineering; on the same day the promotion wins. Else censored at the snapshot. Time in calendar months; the cumulative incidence (Aalen-Johansen) at 24 months, exactly 24 is inside. left_24_months: the same for the competing event. The whole history counts, also before the window."
source = "Candor; Aalen and Johansen 1978"
caveats = "Treating leavers as still waiting would overstate the share, so it is not shown. Promotion rules and budgets move it as much as skill does."
needs = ["employment"]
slices = ["team"]
all_time = true

[[figure]]
name = "24_months"
unit = "share of juniors"
direction = "higher"
estimator = "cumulative_incidence"
duration = "months"
cause = "outcome"
at_time = 24.0
periods = []

[[figure]]
name = "left_24_months"
unit = "share of juniors"
direction = "lower"
estimator = "cumulative_incidence"
duration = "months"
cause = "outcome_left_first"
at_time = 24.0
periods = []

[[figure]]
name = "juniors"
unit = "people"
direction = "neither"
estimator = "count"
value = "one"
periods = []

[[figure]]
name = "promoted"
unit = "people"
direction = "neither"
estimator = "count"
value = "promoted"
periods = []

[[figure]]
name = "left"
unit = "people"
direction = "neither"
estimator = "count"
value = "gone"
periods = []

[[figure]]
name = "still_junior"
unit = "people"
direction = "neither"
estimator = "count"
value = "still_junior"
periods = []
*/
SELECT
    j.person || ' ' || j.junior_from AS unit,
    j.person AS cluster,
    j.person,
    c.starts_at AS at,
    j.team,
    m.months,
    j.outcome,
    CASE j.outcome WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE 0 END AS outcome_left_first,
    1.0 AS one,
    CASE WHEN j.outcome = 1 THEN 1.0 ELSE 0.0 END AS promoted,
    CASE WHEN j.outcome = 2 THEN 1.0 ELSE 0.0 END AS gone,
    CASE WHEN j.outcome = 0 THEN 1.0 ELSE 0.0 END AS still_junior
FROM junior_hires j
JOIN month_counts m ON m.from_day = j.junior_from AND m.to_day = j.until_day
LEFT JOIN calendar c ON c.day = j.junior_from
