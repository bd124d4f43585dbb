/*
id = "acceptance_rate"
version = 1
tier = 3
cadence = "day"
question = "How much of what one tool offers, by one definition of its counters, do people accept?"
definition = "By tool and definition id, never across them. Human decisions: sum (accepted - accepted automatically) / sum (offered - accepted automatically) over rows that have both accepted and offered; an empty count of automatic acceptances is 0. automatic_share: sum accepted automatically / sum accepted over the rows that report it."
source = "Candor; the vendors' definitions are named by the definition id"
caveats = "Accepted is not kept: see code_durability. Vendors count offers differently, so figures of two tools or two definitions do not compare."
needs = ["ai_usage"]
slices = ["level", "team"]
per = ["tool", "definition_id"]
min_people = 5

[[figure]]
name = ""
unit = "share of offers"
direction = "neither"
estimator = "ratio"
numerator = "accepted_by_people"
denominator = "offered_to_people"

[[figure]]
name = "automatic_share"
unit = "share of acceptances"
direction = "neither"
estimator = "ratio"
numerator = "accepted_auto"
denominator = "accepted_where_auto_known"
*/
SELECT
    u.person || ' ' || u.day || ' ' || u.surface AS unit,
    u.person AS cluster,
    u.person,
    c.starts_at AS at,
    u.tool,
    u.definition_id,
    COALESCE(p.level, 'unknown') AS level,
    COALESCE(p.team, 'none') AS team,
    CASE WHEN u.offered IS NOT NULL THEN CAST(u.accepted - COALESCE(u.accepted_auto, 0) AS DOUBLE) END AS accepted_by_people,
    CASE WHEN u.accepted IS NOT NULL THEN CAST(u.offered - COALESCE(u.accepted_auto, 0) AS DOUBLE) END AS offered_to_people,
    CASE WHEN u.accepted IS NOT NULL THEN CAST(u.accepted_auto AS DOUBLE) END AS accepted_auto,
    CASE WHEN u.accepted_auto IS NOT NULL THEN CAST(u.accepted AS DOUBLE) END AS accepted_where_auto_known
FROM ai_usage u
JOIN calendar c ON c.day = u.day
LEFT JOIN person_spans p ON p.person = u.person AND u.day >= p.from_day AND u.day < p.until_day
