/*
One row per month of ai_spend.csv: the AI tools' cost in the reporting currency, credits subtracted (definitions.md, 1, money: amount x fx_rate, the rate ignored for the reporting currency).
*/
SELECT
    a.month,
    SUM(CAST(a.cost AS DOUBLE) * CASE WHEN a.currency = s.currency THEN 1.0 ELSE a.fx_rate END) AS tool_cost
FROM settings s
CROSS JOIN ai_spend a
GROUP BY a.month
