/*
id = "ai_share"
version = 1
tier = 3
cadence = "day"
question = "How much of what lands was written by AI, as far as there is evidence?"
definition = "pull_requests: sum of AI lines / sum of classified lines over the changes merged in the period, not bots'. unclassified_share: 1 - classified lines / added lines, changes without any classification inside. lines: AI lines / landed countable lines with known origin; unknown_lines_share: landed countable lines without evidence / all of them."
source = "Candor"
caveats = "Evidence misses AI use that leaves no trace, so the share is a lower limit where the unknown share is high. It says nothing on quality."
needs = []
slices = ["level", "team", "repo", "context", "business"]

[[figure]]
name = "pull_requests"
unit = "share of classified lines"
direction = "neither"
estimator = "ratio"
numerator = "ai_lines"
denominator = "classified_lines"
needs = ["pull_requests"]

[[figure]]
name = "unclassified_share"
unit = "share of added lines"
direction = "neither"
estimator = "ratio"
numerator = "unclassified_lines"
denominator = "additions"
needs = ["pull_requests"]
*/
SELECT
    change AS unit,
    author AS cluster,
    author AS person,
    at,
    level,
    team,
    repo,
    context,
    business,
    CAST(ai_lines AS DOUBLE) AS ai_lines,
    CAST(classified_lines AS DOUBLE) AS classified_lines,
    CAST(additions - COALESCE(classified_lines, 0) AS DOUBLE) AS unclassified_lines,
    CAST(additions AS DOUBLE) AS additions
FROM merged_changes
