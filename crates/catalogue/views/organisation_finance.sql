/*
One row per month of finance.csv: the organisation's figures in the reporting currency, from the row with unit `org`; without one, the sum of the units, where a cell that one unit lacks is not known.
*/
WITH chosen AS (
    SELECT
        f.month,
        CASE WHEN f.currency = s.currency THEN 1.0 ELSE f.fx_rate END AS rate,
        f.revenue,
        f.engineering_cost,
        f.customers,
        f.headcount_override,
        COALESCE(f.unit, 'org') = 'org' AS is_total,
        MAX(CASE WHEN COALESCE(f.unit, 'org') = 'org' THEN 1 ELSE 0 END) OVER (PARTITION BY f.month) AS has_total
    FROM settings s
    CROSS JOIN finance f
)
SELECT
    month,
    CASE WHEN COUNT(*) = COUNT(revenue) THEN SUM(CAST(revenue AS DOUBLE) * rate) END AS revenue,
    CASE WHEN COUNT(*) = COUNT(engineering_cost) THEN SUM(CAST(engineering_cost AS DOUBLE) * rate) END AS engineering_cost,
    CASE WHEN COUNT(*) = COUNT(customers) THEN SUM(customers) END AS customers,
    CASE WHEN COUNT(*) = COUNT(headcount_override) THEN SUM(headcount_override) END AS headcount_override
FROM chosen
WHERE is_total OR has_total = 0
GROUP BY month
