/*
id = "ai_usage"
version = 1
tier = 3
cadence = "day"
question = "How regularly do engineers use AI tools?"
definition = "Unit: a person-week of an engineer with fte above 0 on some day of it, in weeks that lie wholly between the first and the last day of the telemetry (outside: not observed). active_days_per_week: days with a row that says active, or, where it does not say, with offers, acceptances, sessions or tokens above 0; any number of tools is one day; no row = 0 days, so a person who uses nothing is a 0. sessions_per_week: the sum of the recorded sessions. Mean over person-weeks; level and team of the first such day."
source = "Candor"
caveats = "Use is neither good nor bad. Tools that do not report sessions add none. A person sees their own figure; a group needs five people."
needs = ["ai_usage", "employment"]
slices = ["level", "team"]
min_people = 5

[[figure]]
name = "active_days_per_week"
unit = "days / week"
direction = "neither"
estimator = "mean"
value = "active_days"

[[figure]]
name = "sessions_per_week"
unit = "sessions / week"
direction = "neither"
estimator = "mean"
value = "sessions"
*/
WITH engineer_weeks AS (
    SELECT
        person,
        week_start,
        level,
        team,
        ROW_NUMBER() OVER (PARTITION BY person, week_start ORDER BY day) AS place
    FROM engineer_days
    WHERE fte > 0
),
use_of_week AS (
    SELECT
        u.person,
        c.week_start,
        SUM(CASE WHEN u.is_active THEN 1 ELSE 0 END) AS active_days,
        SUM(u.sessions) AS sessions
    FROM usage_days u
    JOIN calendar c ON c.day = u.day
    GROUP BY u.person, c.week_start
)
SELECT
    e.person || ' ' || e.week_start AS unit,
    e.person AS cluster,
    e.person,
    w.at,
    e.level,
    e.team,
    CASE WHEN w.instrumented THEN CAST(COALESCE(u.active_days, 0) AS DOUBLE) END AS active_days,
    CASE WHEN w.instrumented THEN CAST(COALESCE(u.sessions, 0) AS DOUBLE) END AS sessions,
    CASE WHEN NOT w.instrumented THEN 'not_instrumented' END AS gap
FROM engineer_weeks e
JOIN window_weeks w ON w.week_start = e.week_start
LEFT JOIN use_of_week u ON u.person = e.person AND u.week_start = e.week_start
WHERE e.place = 1
