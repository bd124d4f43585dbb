/*
id = "cost_per_surviving_line"
version = 1
tier = 3
cadence = "month"
question = "What does a line of AI that lasts cost?"
definition = "Cost of AI tools of a month in the reporting currency / substantive countable AI lines landed in it, not by bots, that are alive more than 90 days later; a month has a figure when its last day is 90 days past. unknown_share: lines of unknown origin / all such lines landed in the month."
source = "Candor"
caveats = "Lines of AI that left no evidence are missing from the denominator, so the cost is an upper limit where the unknown share is high. Cost per line is no measure of worth."
needs = ["lines", "ai_spend"]
slices = []

[[figure]]
name = ""
unit = "currency / line"
direction = "neither"
estimator = "ratio"
numerator = "tool_cost"
denominator = "surviving_ai_lines"
follow_up_days = 90
periods = ["month", "quarter"]

[[figure]]
name = "unknown_share"
unit = "share of lines"
direction = "neither"
estimator = "ratio"
numerator = "unknown_lines"
denominator = "landed_lines"
periods = ["month", "quarter"]
*/
WITH by_month AS (
    SELECT
        c.month,
        SUM(CASE WHEN l.source = 'ai' AND (l.days > 90.0 OR (NOT l.died AND l.days >= 90.0)) THEN l.weight ELSE 0.0 END) AS surviving_ai_lines,
        SUM(CASE WHEN l.source = 'unknown' THEN l.weight ELSE 0.0 END) AS unknown_lines,
        SUM(l.weight) AS landed_lines
    FROM line_lives l
    JOIN calendar c ON c.day = l.day
    GROUP BY c.month
),
judged AS (
    SELECT
        m.*,
        last_day.ends_at + INTERVAL '90 days' <= s.as_of_at AS is_closed
    FROM settings s
    CROSS JOIN window_months m
    JOIN (SELECT month, MAX(ends_at) AS ends_at FROM calendar GROUP BY month) last_day ON last_day.month = m.month
)
SELECT
    j.month AS unit,
    j.month AS cluster,
    NULL AS person,
    j.at,
    CASE WHEN j.is_closed THEN j.tool_cost END AS tool_cost,
    CASE WHEN j.is_closed AND j.tool_cost IS NOT NULL THEN COALESCE(b.surviving_ai_lines, 0.0) END AS surviving_ai_lines,
    COALESCE(b.unknown_lines, 0.0) AS unknown_lines,
    COALESCE(b.landed_lines, 0.0) AS landed_lines,
    CASE WHEN NOT j.is_closed THEN 'window_open' WHEN j.tool_cost IS NULL THEN 'cost_unknown' END AS gap
FROM judged j
LEFT JOIN by_month b ON b.month = j.month
