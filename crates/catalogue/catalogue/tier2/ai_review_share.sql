/*
id = "ai_review_share"
version = 1
tier = 2
cadence = "week"
question = "How much of the reviewing is done by AI reviewers?"
definition = "Changes merged in the period, bots' left out: review comments at or before the merge by the accounts listed as AI reviewers, over those plus the comments by people and outsiders other than the author. Other bots are in neither."
source = "Candor"
caveats = "Counts comments, not their worth. Accounts must be listed as AI reviewers in the configuration, else they are bots like any other."
needs = ["pull_requests", "review_comments"]
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = ""
unit = "share of review comments"
direction = "neither"
estimator = "ratio"
numerator = "ai_comments"
denominator = "all_comments"
*/
WITH by_ai AS (
    SELECT c.repo, c.number, COUNT(*) AS comments
    FROM review_comments c
    JOIN changes m ON m.repo = c.repo AND m.number = c.number
    WHERE c.submitted_at <= m.merged_at AND c.reviewer IN (SELECT actor FROM ai_reviewers)
    GROUP BY c.repo, c.number
)
SELECT
    m.change AS unit,
    m.author AS cluster,
    m.author AS person,
    m.at,
    m.source,
    m.level,
    m.team,
    m.repo,
    m.context,
    m.business,
    CAST(COALESCE(a.comments, 0) AS DOUBLE) AS ai_comments,
    CAST(COALESCE(a.comments, 0) + m.comments AS DOUBLE) AS all_comments
FROM reviewed_changes m
LEFT JOIN by_ai a ON a.repo = m.repo AND a.number = m.number
