/*
id = "swarmia_ai_changes"
version = 1
tier = 3
cadence = "week"
question = "AI-assisted changes as Swarmia counts them: how many are merged within 24 hours of its author's use of a tool?"
definition = "Merged changes whose author used any AI tool on the local day of the merge or the day before / merged changes."
source = "Swarmia, AI-assisted pull requests"
caveats = "Telemetry is known by day, so 24 hours are the day and the day before. Use of a tool is no use of it for this change."
needs = ["pull_requests", "ai_usage"]
min_people = 5
ours = "ai_share.pull_requests"

[[figure]]
name = "peer"
step = "as Swarmia defines it"
unit = "share of merged changes"
direction = "neither"
estimator = "proportion"
value = "used_a_tool"

[[figure]]
name = "evidence"
step = "evidence of AI in at least one line, instead of the author's use of a tool"
unit = "share of merged changes"
direction = "neither"
estimator = "proportion"
value = "has_ai_line"

[[figure]]
name = "known"
step = "only changes with classified lines: the others are unknown, not human"
unit = "share of merged changes with known origin"
direction = "neither"
estimator = "proportion"
value = "has_ai_line"
where = "is_classified"

[[figure]]
name = "ours"
step = "lines instead of changes: one line does not make a change AI's"
unit = "share of classified lines"
direction = "neither"
estimator = "ratio"
numerator = "ai_lines"
denominator = "classified_lines"
where = "is_classified"
*/
WITH used AS (
    SELECT DISTINCT m.change
    FROM merged_changes m
    JOIN usage_days u ON u.person = m.author AND (u.day = m.day OR u.day = m.day - 1)
    WHERE u.is_active
)
SELECT
    m.change AS unit,
    m.author AS cluster,
    m.author AS person,
    m.at,
    u.change IS NOT NULL AS used_a_tool,
    COALESCE(m.ai_lines > 0, FALSE) AS has_ai_line,
    m.classified_lines IS NOT NULL AND m.classified_lines > 0 AND m.ai_lines IS NOT NULL AS is_classified,
    CAST(m.ai_lines AS DOUBLE) AS ai_lines,
    CAST(m.classified_lines AS DOUBLE) AS classified_lines
FROM merged_changes m
LEFT JOIN used u ON u.change = m.change
