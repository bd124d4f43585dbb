/*
id = "support_burden"
version = 1
tier = 1
cadence = "month"
question = "How much support does the product need per customer?"
definition = "Support tickets that are not marked as unrelated to the product, by the time of their creation, open ones too, per 1000 customer-months; hours: the sum of the recorded hours per 1000 customer-months, with the share of tickets without recorded hours beside it. A month whose number of customers is not known has no rate, and its tickets are left out of overall too."
source = "Candor"
caveats = "Tickets measure how easy it is to ask as well as how much goes wrong. Hours that were not recorded add nothing to the sum, so hours are a lower limit."
needs = ["support_tickets", "finance"]
slices = ["severity", "product"]

[[figure]]
name = "tickets_per_1000_customer_months"
unit = "tickets / 1000 customer-months"
direction = "lower"
estimator = "rate"
numerator = "tickets"
denominator = "customer_months"
scale = 1000.0

[[figure]]
name = "hours_per_1000_customer_months"
unit = "hours / 1000 customer-months"
direction = "lower"
estimator = "ratio"
numerator = "hours"
denominator = "customer_months"
scale = 1000.0

[[figure]]
name = "hours_missing_share"
unit = "share of tickets"
direction = "neither"
estimator = "proportion"
value = "hours_missing"
*/
WITH dated AS (
    SELECT t.*, c.customer_months IS NOT NULL AS has_rate
    FROM support_tickets t
    JOIN local_days d ON d.utc_day = CAST(t.created_at AS DATE) AND t.created_at >= d.starts_at AND t.created_at < d.ends_at
    JOIN customer_days c ON c.day = d.day
    WHERE COALESCE(t.is_product_related, TRUE)
)
SELECT
    id AS unit, NULL AS cluster, NULL AS person, created_at AS at, COALESCE(severity, 'unknown') AS severity, COALESCE(product, 'unknown') AS product, FALSE AS is_exposure,
    CASE WHEN has_rate THEN 1.0 END AS tickets,
    CASE WHEN has_rate THEN hours END AS hours,
    0.0 AS customer_months,
    CASE WHEN hours IS NULL THEN 1.0 ELSE 0.0 END AS hours_missing,
    NULL AS gap
FROM dated
UNION ALL
SELECT
    CAST(day AS VARCHAR) AS unit, NULL AS cluster, NULL AS person, at, NULL AS severity, NULL AS product, TRUE AS is_exposure,
    0.0 AS tickets, 0.0 AS hours, customer_months, NULL AS hours_missing,
    CASE WHEN customer_months IS NULL THEN 'customers_unknown' END AS gap
FROM customer_days
