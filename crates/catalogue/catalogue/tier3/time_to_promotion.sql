/*
id = "time_to_promotion"
version = 1
tier = 3
cadence = "month"
question = "How long does it take until half of the juniors are promoted?"
definition = "Units and events of promotion_rate; the smallest number of calendar months at which the cumulative incidence of promotion (leaving competes) reaches one half, else median not reached."
source = "Candor; Aalen and Johansen 1978"
caveats = "Where many leave, half is never reached, and that is the answer. A group figure needs five people."
needs = ["employment"]
slices = ["team"]
all_time = true
min_people = 5

[[figure]]
name = "median_months"
unit = "months"
direction = "lower"
estimator = "cumulative_incidence"
duration = "months"
cause = "outcome"
report = "median"
periods = []
*/
SELECT
    j.person || ' ' || j.junior_from AS unit,
    j.person AS cluster,
    j.person,
    c.starts_at AS at,
    j.team,
    m.months,
    j.outcome
FROM junior_hires j
JOIN month_counts m ON m.from_day = j.junior_from AND m.to_day = j.until_day
LEFT JOIN calendar c ON c.day = j.junior_from
