/*
id = "explanation_quality"
version = 1
tier = 2
cadence = "week"
question = "Do changes say why they are made, what they do, what could go wrong and how they were tested?"
definition = "Changes merged in the period, bots' left out. The rating of a person (0 to 1) where there is one; else the share of five points that hold: explains why, what, risk, tests, and some work item lists the change. If one of the first four is not known, the change is missing. Mean over changes; missing_share beside it."
source = "Candor, with a published rubric; ratings by people override it."
caveats = "The rubric sees whether something is said, not whether it is right."
needs = ["pull_requests"]
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = ""
unit = "0 to 1"
direction = "higher"
estimator = "mean"
value = "quality"

[[figure]]
name = "missing_share"
unit = "share of merged changes"
direction = "neither"
estimator = "proportion"
value = "missing"
*/
WITH judged AS (
    SELECT
        m.*,
        COALESCE(
            m.explanation_rating,
            (
                CAST(m.explains_why AS INT) + CAST(m.explains_what AS INT) + CAST(m.explains_risk AS INT)
                + CAST(m.explains_tests AS INT) + CAST(w.change IS NOT NULL AS INT)
            ) / 5.0
        ) AS quality
    FROM merged_changes m
    LEFT JOIN (SELECT DISTINCT change FROM work_item_changes) w ON w.change = m.change
)
SELECT
    change AS unit,
    author AS cluster,
    author AS person,
    at,
    source,
    level,
    team,
    repo,
    context,
    business,
    quality,
    CASE WHEN quality IS NULL THEN 1.0 ELSE 0.0 END AS missing
FROM judged
