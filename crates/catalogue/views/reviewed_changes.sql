-- kept
/*
merged_changes with their review: one row per change. definitions.md, 3: reviewed = at least one review or comment by somebody else at or before the merge,
or, where reviews.csv has no row at all for the change, `first_review_at` at or before the merge. Rounds = the larger of changes requested and pushes after review.
Hours have the floor of one minute and are NULL where the change is not reviewed.
*/
WITH counted AS (
    SELECT
        change,
        MIN(at) AS first_event_at,
        COUNT(*) FILTER (WHERE kind = 'comment') AS comments,
        COUNT(*) FILTER (WHERE state = 'changes_requested') AS requests
    FROM review_events
    WHERE before_merge
    GROUP BY change
),
listed AS (
    SELECT DISTINCT r.repo, r.number
    FROM settings s
    CROSS JOIN reviews r
    WHERE r.submitted_at < s.as_of_at
),
judged AS (
    SELECT
        m.*,
        COALESCE(c.comments, 0) AS comments,
        COALESCE(c.requests, 0) AS requests,
        COALESCE(
            c.first_event_at,
            CASE WHEN l.number IS NULL AND m.first_review_at <= m.merged_at THEN m.first_review_at END
        ) AS reviewed_at
    FROM merged_changes m
    LEFT JOIN counted c ON c.change = m.change
    LEFT JOIN listed l ON l.repo = m.repo AND l.number = m.number
)
SELECT
    *,
    reviewed_at IS NOT NULL AS reviewed,
    GREATEST(requests, COALESCE(pushes_after_review, 0)) AS rounds,
    CASE WHEN reviewed_at IS NOT NULL THEN GREATEST(date_part('epoch', merged_at - ready_at), 60.0) / 3600.0 END AS hours,
    CASE WHEN reviewed_at IS NOT NULL THEN GREATEST(date_part('epoch', reviewed_at - ready_at), 60.0) / 3600.0 END AS first_review_hours
FROM judged
