/*
id = "engineer_months"
version = 1
tier = 1
cadence = "month"
question = "How many engineer-months does the roster give?"
definition = "Sum over the days of the period of fte / days in the month, for people employed as engineer, lead, sre or qa on that day; on leave (fte 0) counts 0. A headcount given by finance is not used here."
source = "Candor"
caveats = "As good as the dated rows of the roster."
needs = ["employment"]
slices = ["level", "team"]

[[figure]]
name = ""
unit = "engineer-months"
direction = "neither"
estimator = "count"
value = "engineer_months"
periods = ["month", "quarter"]
*/
SELECT
    person || ' ' || day AS unit,
    person AS cluster,
    person,
    at,
    level,
    team,
    engineer_months
FROM engineer_days
