/*
id = "ai_underuse"
version = 1
tier = 3
cadence = "day"
question = "Does a person leave tools unused in work for which they are encouraged?"
definition = "A flag for each present engineer, days ending at the snapshot: 3 or more merged changes of encouraged contexts in the last 84 days, access (an active day in the last 180) and no active day in the last 84. 1 = raised."
source = "Candor"
caveats = "Not using a tool can be right. Seen by the person alone. Without telemetry nobody has access that could be seen, so nothing is raised."
needs = ["pull_requests", "employment", "ai_usage"]
slices = ["person", "level", "team"]
min_people = 5

[[figure]]
name = ""
unit = "flag"
direction = "lower"
estimator = "proportion"
value = "underuse"
periods = []
*/
WITH work AS (
    SELECT m.author AS person, COUNT(*) AS encouraged_changes
    FROM settings s
    CROSS JOIN merged_changes m
    JOIN encouraged_contexts c ON c.context = m.context
    WHERE m.day >= s.as_of - 84
    GROUP BY m.author
),
use AS (
    SELECT person, MAX(day) AS last_active_day FROM usage_days WHERE is_active GROUP BY person
)
SELECT
    e.person AS unit,
    e.person AS cluster,
    e.person,
    e.at,
    e.level,
    e.team,
    CASE
        WHEN w.encouraged_changes >= 3 AND u.last_active_day >= s.as_of - 180 AND u.last_active_day < s.as_of - 84 THEN 1.0
        ELSE 0.0
    END AS underuse
FROM settings s
CROSS JOIN engineers_now e
LEFT JOIN work w ON w.person = e.person
LEFT JOIN use u ON u.person = e.person
