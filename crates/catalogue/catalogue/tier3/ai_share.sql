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

[[figure]]
name = "lines"
unit = "share of classified lines"
direction = "neither"
estimator = "ratio"
numerator = "landed_ai_lines"
denominator = "landed_known_lines"
needs = ["landings"]

[[figure]]
name = "unknown_lines_share"
unit = "share of landed lines"
direction = "neither"
estimator = "ratio"
numerator = "landed_unknown_lines"
denominator = "landed_lines"
needs = ["landings"]
*/
SELECT
    change AS unit, author AS cluster, author AS person, at, level, team, repo, context, business,
    CAST(ai_lines AS DOUBLE) AS ai_lines,
    CAST(classified_lines AS DOUBLE) AS classified_lines,
    CAST(additions - COALESCE(classified_lines, 0) AS DOUBLE) AS unclassified_lines,
    CAST(additions AS DOUBLE) AS additions,
    NULL AS landed_ai_lines, NULL AS landed_known_lines, NULL AS landed_unknown_lines, NULL AS landed_lines
FROM merged_changes
UNION ALL
SELECT
    l.unit, l.cluster, l.person, l.at, l.level, l.team, l.repo, l.context, l.business,
    NULL AS ai_lines, NULL AS classified_lines, NULL AS unclassified_lines, NULL AS additions,
    CAST(l.ai_lines AS DOUBLE) AS landed_ai_lines,
    CAST(l.n_lines - l.unknown_lines AS DOUBLE) AS landed_known_lines,
    CAST(l.unknown_lines AS DOUBLE) AS landed_unknown_lines,
    CAST(l.n_lines AS DOUBLE) AS landed_lines
FROM counted_landings l
