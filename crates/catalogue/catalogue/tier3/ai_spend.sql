/*
id = "ai_spend"
version = 1
tier = 3
cadence = "month"
question = "What do AI tools cost per engineer, and how many tokens does a day of use take?"
definition = "currency_per_engineer_month: cost of AI tools in the reporting currency, credits subtracted / engineers of the month (roster, or the headcount that finance gives), over the months with known cost. tokens_per_active_person_day: input + output + cached tokens / person-days that report tokens."
source = "Candor"
caveats = "Cached tokens are most of the tokens and cheap: tokens are not money. Only tools that report tokens are in the second figure."
needs = []
slices = []

[[figure]]
name = "currency_per_engineer_month"
unit = "currency / engineer-month"
direction = "neither"
estimator = "ratio"
numerator = "tool_cost"
denominator = "engineers"
periods = ["month", "quarter"]
needs = ["ai_spend", "employment"]

[[figure]]
name = "tokens_per_active_person_day"
unit = "tokens / person-day"
direction = "neither"
estimator = "ratio"
numerator = "tokens"
denominator = "person_days"
needs = ["ai_usage"]
min_people = 5
*/
SELECT
    month AS unit, month AS cluster, NULL AS person, at,
    tool_cost, engineers, NULL AS tokens, NULL AS person_days,
    CASE WHEN tool_cost IS NULL THEN 'cost_unknown' END AS gap
FROM window_months
UNION ALL
SELECT
    u.person || ' ' || u.day AS unit, u.person AS cluster, u.person, c.starts_at AS at,
    NULL AS tool_cost, NULL AS engineers, CAST(u.tokens AS DOUBLE) AS tokens, 1.0 AS person_days,
    NULL AS gap
FROM usage_days u
JOIN calendar c ON c.day = u.day
WHERE u.tokens IS NOT NULL
