/*
id = "unreviewed_merge_rate"
version = 1
tier = 2
cadence = "week"
question = "How many changes are merged without anybody else having looked at them?"
definition = "1 - reviewed / merged changes that are not bots'. Reviewed: at least one review or review comment by a person or outsider other than the author at or before the merge, or, where the change has no row in the table of reviews, a first review recorded by the exporter at or before the merge."
source = "Candor"
caveats = "Reviews outside the host (pairing, calls) are not seen and count as unreviewed. A review by a bot, by the author or by a deleted account is none."
needs = ["pull_requests"]
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = ""
unit = "share of merged changes"
direction = "lower"
estimator = "proportion"
value = "unreviewed"
*/
-- Where nothing at all is known of reviews, a rate of 100 % would be made of missing data.
WITH anything_known AS (
    SELECT COUNT(*) > 0 AS reviews_are_known
    FROM (
        SELECT number FROM reviews
        UNION ALL
        SELECT number FROM review_comments
        UNION ALL
        SELECT number FROM pull_requests WHERE first_review_at IS NOT NULL
    )
)
SELECT
    r.change AS unit,
    r.author AS cluster,
    r.author AS person,
    r.at,
    r.source,
    r.level,
    r.team,
    r.repo,
    r.context,
    r.business,
    CASE WHEN NOT k.reviews_are_known THEN NULL WHEN r.reviewed THEN 0.0 ELSE 1.0 END AS unreviewed
FROM anything_known k
CROSS JOIN reviewed_changes r
