/*
id = "claude_code_ai_changes"
version = 1
tier = 3
cadence = "week"
question = "AI-assisted changes as Claude Code's analytics count them: how many merged changes have at least one AI line?"
definition = "Merged changes with evidence of AI in at least one line / merged changes."
source = "Anthropic, Claude Code contribution metrics"
caveats = "One line of a thousand makes a change AI-assisted, so the share rises with the size of changes."
needs = ["pull_requests"]
min_people = 5
ours = "ai_share.pull_requests"

[[figure]]
name = "peer"
step = "as Claude Code's analytics define it"
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
name = "heavy"
step = "AI in more than the share above which a change is AI-heavy, instead of one line"
unit = "share of merged changes with known origin"
direction = "neither"
estimator = "proportion"
value = "is_ai_heavy"
where = "is_classified"

[[figure]]
name = "ours"
step = "lines instead of changes"
unit = "share of classified lines"
direction = "neither"
estimator = "ratio"
numerator = "ai_lines"
denominator = "classified_lines"
where = "is_classified"
*/
SELECT
    change AS unit,
    author AS cluster,
    author AS person,
    at,
    COALESCE(ai_lines > 0, FALSE) AS has_ai_line,
    source = 'ai_heavy' AS is_ai_heavy,
    classified_lines IS NOT NULL AND classified_lines > 0 AND ai_lines IS NOT NULL AS is_classified,
    CAST(ai_lines AS DOUBLE) AS ai_lines,
    CAST(classified_lines AS DOUBLE) AS classified_lines
FROM merged_changes
