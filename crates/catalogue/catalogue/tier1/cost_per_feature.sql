/*
id = "cost_per_feature"
version = 1
tier = 1
cadence = "month"
question = "What does a delivered feature cost?"
definition = "(Loaded engineering cost + cost of AI tools) of the month in the reporting currency / features delivered in it. The tools cost 0 before the first month for which spending is recorded and are not known in a later month without a record. Overall: over the months with known cost."
source = "Candor"
caveats = "Work that delivers no feature (repair, operation, other teams) is in the cost. Few features per month make the figure jumpy."
needs = ["finance", "work_items"]
slices = []

[[figure]]
name = ""
unit = "currency / feature"
direction = "lower"
estimator = "ratio"
numerator = "cost"
denominator = "features"
periods = ["month", "quarter"]
*/
WITH delivered AS (
    SELECT c.month, COUNT(*) AS features
    FROM items i
    JOIN local_days d ON d.utc_day = CAST(i.delivered_at AS DATE) AND i.delivered_at >= d.starts_at AND i.delivered_at < d.ends_at
    JOIN calendar c ON c.day = d.day
    GROUP BY c.month
)
SELECT
    m.month AS unit,
    m.month AS cluster,
    NULL AS person,
    m.at,
    m.engineering_cost + m.tool_cost AS cost,
    CAST(COALESCE(f.features, 0) AS DOUBLE) AS features,
    CASE WHEN m.engineering_cost IS NULL OR m.tool_cost IS NULL THEN 'cost_unknown' END AS gap
FROM window_months m
LEFT JOIN delivered f ON f.month = m.month
