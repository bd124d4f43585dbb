/*
id = "talent_cost"
version = 1
tier = 1
cadence = "quarter"
question = "What do failed junior hires and juniors who do not move on cost?"
definition = "failed_hire_cost x failed hires + stuck_junior_cost_per_month x stuck months. Failed hires: units of promotion_rate whose employment ends in the quarter, unpromoted, at most 24 calendar months after the start (leaving engineering inside the company is none). Stuck months: days of the quarter on which such a unit is still a junior engineer past its 24th month / 30.4375. Without both settings there is no figure in money; the two counts stand beside it."
source = "Candor"
caveats = "Both prices are settings of the organisation, not measurements. A few people make the figure: it says nothing about any one of them."
needs = ["employment"]
slices = ["team"]

[[figure]]
name = ""
unit = "currency"
direction = "lower"
estimator = "count"
value = "cost"
periods = ["quarter"]

[[figure]]
name = "failed_hires"
unit = "people"
direction = "lower"
estimator = "count"
value = "failed_hires"
periods = ["quarter"]

[[figure]]
name = "stuck_junior_months"
unit = "months"
direction = "lower"
estimator = "count"
value = "stuck_months"
periods = ["quarter"]
*/
WITH events AS (
    SELECT j.person, j.team, j.ends_on AS day, 1.0 AS failed_hires, 0.0 AS stuck_months
    FROM junior_hires j
    WHERE j.outcome = 2 AND NOT j.left_engineering AND j.ends_on <= j.junior_from + INTERVAL '24 months'
    UNION ALL
    SELECT j.person, j.team, w.day, 0.0 AS failed_hires, 1.0 / 30.4375 AS stuck_months
    FROM junior_hires j
    JOIN window_days w ON w.day >= j.junior_from + INTERVAL '24 months' AND w.day < j.until_day
),
with_quiet_days AS (
    SELECT person, team, day, failed_hires, stuck_months, FALSE AS is_exposure FROM events
    UNION ALL
    SELECT NULL AS person, NULL AS team, day, 0.0 AS failed_hires, 0.0 AS stuck_months, TRUE AS is_exposure FROM window_days
)
SELECT
    e.person || ' ' || e.day AS unit,
    e.person AS cluster,
    e.person,
    c.starts_at AS at,
    e.team,
    e.is_exposure,
    e.failed_hires,
    e.stuck_months,
    s.failed_hire_cost * e.failed_hires + s.stuck_junior_cost_per_month * e.stuck_months AS cost,
    CASE WHEN s.failed_hire_cost IS NULL OR s.stuck_junior_cost_per_month IS NULL THEN 'setting_missing' END AS gap
FROM settings s
CROSS JOIN with_quiet_days e
JOIN calendar c ON c.day = e.day
