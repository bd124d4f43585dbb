/*
One row per calendar month that lies wholly inside the window, with its money, customers and engineers (engineer-months, or headcount_override; definitions.md, 2) in the reporting currency.
Tool cost is 0 before the first month of ai_spend.csv and not known in a later month without rows, nor where the table has no row at all.
*/
WITH months AS (
    SELECT month, MIN(starts_at) AS at, MIN(day) AS first_day, COUNT(*) AS days, MAX(days_in_month) AS days_in_month
    FROM window_days
    GROUP BY month
),
employed AS (
    SELECT month, SUM(engineer_months) AS engineer_months FROM engineer_days GROUP BY month
),
first_spend AS (
    SELECT MIN(month) AS month FROM ai_spend
)
SELECT
    m.month,
    m.at,
    f.revenue,
    f.engineering_cost,
    f.customers,
    COALESCE(e.engineer_months, 0.0) AS engineer_months,
    COALESCE(f.headcount_override, e.engineer_months, 0.0) AS engineers,
    CASE WHEN t.tool_cost IS NULL AND m.month < x.month THEN 0.0 ELSE t.tool_cost END AS tool_cost
FROM first_spend x
CROSS JOIN months m
LEFT JOIN organisation_finance f ON f.month = m.month
LEFT JOIN employed e ON e.month = m.month
LEFT JOIN tool_costs t ON t.month = m.month
WHERE m.days = m.days_in_month
