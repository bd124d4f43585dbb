/*
id = "engineers"
version = 1
tier = 1
cadence = "month"
question = "How many engineers stand behind the figures per engineer?"
definition = "Engineers of the month by the roster: engineer-months (sum over the days of fte / days in the month, for engineers, leads, sre and qa; on leave counts 0). A headcount that finance gives replaces it in the figures in money, not here."
source = "Candor"
caveats = "Only months wholly inside the window."
needs = ["employment"]
slices = []

[[figure]]
name = ""
unit = "engineer-months"
direction = "neither"
estimator = "count"
value = "engineers"
periods = ["month", "quarter"]
*/
SELECT
    month AS unit,
    month AS cluster,
    NULL AS person,
    at,
    engineer_months AS engineers
FROM window_months
