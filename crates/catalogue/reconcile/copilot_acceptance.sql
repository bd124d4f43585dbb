/*
id = "copilot_acceptance"
version = 1
tier = 3
cadence = "week"
question = "Acceptance as Copilot's dashboards show it: how much of all that all its features offer is accepted?"
definition = "Accepted / offered over all rows of the tool copilot, all features and definitions of its counters together, automatic acceptances inside."
source = "GitHub, Copilot usage metrics"
caveats = "Features count offers in different ways; a change of their mix moves the figure though nobody accepts more or less."
needs = ["ai_usage"]
min_people = 5
ours = "acceptance_rate"

[[figure]]
name = "peer"
step = "as Copilot's dashboards define it"
unit = "share of offers"
direction = "neither"
estimator = "ratio"
numerator = "accepted"
denominator = "offered"

[[figure]]
name = "people"
step = "decisions of people: automatic acceptances left out"
unit = "share of offers"
direction = "neither"
estimator = "ratio"
numerator = "accepted_by_people"
denominator = "offered_to_people"

[[figure]]
name = "ours"
step = "one definition of the counters: the newest one that is in use"
unit = "share of offers"
direction = "neither"
estimator = "ratio"
numerator = "accepted_by_people"
denominator = "offered_to_people"
where = "is_newest_definition"
*/
WITH known AS (
    SELECT u.*
    FROM settings s
    CROSS JOIN ai_usage u
    WHERE u.tool = 'copilot' AND u.day < s.as_of
),
definitions AS (
    SELECT definition_id, ROW_NUMBER() OVER (ORDER BY MIN(day) DESC, definition_id DESC) AS place
    FROM known
    GROUP BY definition_id
)
SELECT
    u.person || ' ' || u.day || ' ' || u.surface AS unit,
    u.person AS cluster,
    u.person,
    c.starts_at AS at,
    d.place = 1 AS is_newest_definition,
    CASE WHEN u.offered IS NOT NULL THEN CAST(u.accepted AS DOUBLE) END AS accepted,
    CASE WHEN u.accepted IS NOT NULL THEN CAST(u.offered AS DOUBLE) END AS offered,
    CASE WHEN u.offered IS NOT NULL THEN CAST(u.accepted - COALESCE(u.accepted_auto, 0) AS DOUBLE) END AS accepted_by_people,
    CASE WHEN u.accepted IS NOT NULL THEN CAST(u.offered - COALESCE(u.accepted_auto, 0) AS DOUBLE) END AS offered_to_people
FROM known u
JOIN calendar c ON c.day = u.day
JOIN definitions d ON d.definition_id = u.definition_id
