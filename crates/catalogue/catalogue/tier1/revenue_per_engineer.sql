/*
id = "revenue_per_engineer"
version = 1
tier = 1
cadence = "month"
question = "How much revenue is there per engineer?"
definition = "Revenue of the month in the reporting currency / engineers of the month: engineer-months (sum over the days of fte / days in the month, for engineers, leads, sre and qa), or the headcount that finance gives. Overall: sum of revenue / sum of engineers over the months with known revenue."
source = "Candor"
caveats = "Revenue follows engineering work by quarters or years and has many other causes. A month whose revenue is not known is no figure; revenue 0 is one."
needs = ["finance", "employment"]
slices = []

[[figure]]
name = ""
unit = "currency / engineer-month"
direction = "higher"
estimator = "ratio"
numerator = "revenue"
denominator = "engineers"
periods = ["month", "quarter"]
*/
SELECT
    month AS unit,
    month AS cluster,
    NULL AS person,
    at,
    revenue,
    engineers,
    CASE WHEN revenue IS NULL THEN 'revenue_unknown' END AS gap
FROM window_months
