/*
id = "features_shipped"
version = 1
tier = 2
cadence = "week"
question = "How many features reach users per month?"
definition = "Features (work items of that type) by the time they were delivered: the recorded release; else, when resolved as done, the first deployment of the last of their linked changes merged by then; without deployed changes the time they were done. Number / months of the period. Team: the item's own, else the assignee's on that day."
source = "Candor"
caveats = "Features differ in size. A feature one of whose changes was never deployed is not delivered. Bots' changes are linked changes like others here."
needs = ["work_items"]
slices = ["source", "team"]

[[figure]]
name = "per_month"
unit = "features / month"
direction = "higher"
estimator = "rate"
numerator = "features"
denominator = "months"
*/
SELECT
    item AS unit, assignee AS cluster, assignee AS person, at, source, team, FALSE AS is_exposure,
    1.0 AS features, 0.0 AS months
FROM item_events
WHERE moment = 'delivered'
UNION ALL
SELECT DISTINCT
    NULL AS unit, NULL AS cluster, NULL AS person, w.starts_at AS at, NULL AS source, e.team, TRUE AS is_exposure,
    0.0 AS features, 0.0 AS months
FROM window_days w
JOIN engineer_days e ON e.day = w.day
UNION ALL
SELECT
    CAST(day AS VARCHAR) AS unit, NULL AS cluster, NULL AS person, starts_at AS at, NULL AS source, NULL AS team, TRUE AS is_exposure,
    0.0 AS features, months
FROM window_days
