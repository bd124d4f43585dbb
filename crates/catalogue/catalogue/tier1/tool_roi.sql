/*
id = "tool_roi"
version = 1
tier = 1
cadence = "month"
question = "Do AI tools save more than they cost, all costs of quality counted?"
definition = "Value - costs per month. Value = engineering cost x u x s; u = active person-days of engineers / their working days (Monday to Friday, by fte); s = 1 / r - 1 with r the measured time ratio AI allowed / not allowed of a task experiment (negative when r > 1). Costs = tool cost + extra review + extra rework + extra incidents + extra security, each (figure per AI change - figure per human change) x number of AI changes x unit cost; an hour costs engineering cost / engineer-months / 140. Without a randomised r there is no figure, never a self-report. ratio = value / costs; tool_cost stands beside it."
source = "Candor; a figure below 0 says that the cost of quality exceeds what the tools save"
caveats = "r of one experiment is carried to all work of the month. Interval by bootstrap over people. Value that is no time saved (new features, quality) is not in it."
needs = ["finance"]
slices = []

[[figure]]
name = ""
unit = "currency / month"
direction = "higher"
estimator = "composed"
needs = ["lines", "tasks", "ai_usage", "pull_requests"]
periods = ["month", "quarter"]

[[figure]]
name = "ratio"
unit = "value / costs"
direction = "higher"
estimator = "composed"
needs = ["lines", "tasks", "ai_usage", "pull_requests"]
periods = ["month", "quarter"]

[[figure]]
name = "tool_cost"
unit = "currency"
direction = "lower"
estimator = "count"
value = "tool_cost"
periods = ["month", "quarter"]
*/
WITH working AS (
    SELECT
        e.month,
        SUM(e.fte) AS working_days,
        SUM(CASE WHEN u.is_active THEN 1.0 ELSE 0.0 END) AS active_person_days
    FROM engineer_days e
    JOIN calendar c ON c.day = e.day
    LEFT JOIN usage_days u ON u.person = e.person AND u.day = e.day
    WHERE c.weekday <= 5 AND e.fte > 0
    GROUP BY e.month
),
landed AS (
    SELECT
        c.month,
        COUNT(*) FILTER (WHERE m.source IN ('ai_light', 'ai_heavy')) AS ai_changes,
        COUNT(*) FILTER (WHERE m.source = 'human') AS human_changes
    FROM merged_changes m
    JOIN calendar c ON c.day = m.day
    GROUP BY c.month
)
SELECT
    w.month AS unit,
    w.month AS cluster,
    NULL AS person,
    w.at,
    w.engineering_cost,
    w.engineer_months,
    w.tool_cost,
    d.working_days,
    d.active_person_days,
    COALESCE(l.ai_changes, 0) AS ai_changes,
    COALESCE(l.human_changes, 0) AS human_changes,
    CASE WHEN w.tool_cost IS NULL OR w.engineering_cost IS NULL THEN 'cost_unknown' END AS gap
FROM window_months w
LEFT JOIN working d ON d.month = w.month
LEFT JOIN landed l ON l.month = w.month
