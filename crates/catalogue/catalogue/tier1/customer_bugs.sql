/*
id = "customer_bugs"
version = 1
tier = 1
cadence = "month"
question = "How many faults do customers find, weighted by how bad they are?"
definition = "Bugs reported by a customer, not duplicate or invalid, by the time of their creation, per 1000 customer-months. weighted: by severity (critical 10, high 5, medium 2, low 1 unless configured otherwise; empty = medium, counted in severity_missing); count: each 1. A month whose number of customers is not known has no rate, and its bugs are left out of overall too."
source = "Candor"
caveats = "Depends on how customers report and how the desk tags. New customers find more."
needs = ["work_items", "finance"]
slices = ["severity", "team"]

[[figure]]
name = "weighted_per_1000_customer_months"
unit = "weighted bugs / 1000 customer-months"
direction = "lower"
estimator = "rate"
numerator = "weight"
denominator = "customer_months"
scale = 1000.0

[[figure]]
name = "count_per_1000_customer_months"
unit = "bugs / 1000 customer-months"
direction = "lower"
estimator = "rate"
numerator = "bugs"
denominator = "customer_months"
scale = 1000.0

[[figure]]
name = "severity_missing"
unit = "bugs"
direction = "lower"
estimator = "count"
value = "severity_missing"
*/
WITH reported AS (
    SELECT e.*, w.weight, COALESCE(e.severity, 'medium') AS severity_or_medium
    FROM item_events e
    JOIN severity_weights w ON w.severity = COALESCE(e.severity, 'medium')
    WHERE e.moment = 'created' AND e.type = 'bug' AND e.reported_by_customer
        AND COALESCE(e.resolution, 'done') NOT IN ('duplicate', 'invalid')
),
dated AS (
    SELECT r.*, c.customer_months IS NOT NULL AS has_rate
    FROM reported r
    JOIN local_days d ON d.utc_day = CAST(r.at AS DATE) AND r.at >= d.starts_at AND r.at < d.ends_at
    JOIN customer_days c ON c.day = d.day
)
SELECT
    item AS unit, NULL AS cluster, NULL AS person, at, severity_or_medium AS severity, team, FALSE AS is_exposure,
    CASE WHEN has_rate THEN weight END AS weight,
    CASE WHEN has_rate THEN 1.0 END AS bugs,
    0.0 AS customer_months,
    CASE WHEN severity IS NULL THEN 1.0 ELSE 0.0 END AS severity_missing,
    NULL AS gap
FROM dated
UNION ALL
SELECT
    CAST(day AS VARCHAR) AS unit, NULL AS cluster, NULL AS person, at, NULL AS severity, NULL AS team, TRUE AS is_exposure,
    0.0 AS weight, 0.0 AS bugs, customer_months, 0.0 AS severity_missing,
    CASE WHEN customer_months IS NULL THEN 'customers_unknown' END AS gap
FROM customer_days
