/*
One row per review or review comment known at as_of, by a person or an outsider other than the author of a change that is not a bot's; `kind` is `review` or `comment`.
definitions.md, 1: bots never review, a person's own reviews and comments never count, nor do those whose author is not known.
*/
WITH events AS (
    SELECT 'review' AS kind, id, repo, number, reviewer, state, submitted_at AS at, minutes FROM reviews
    UNION ALL
    SELECT 'comment', id, repo, number, reviewer, NULL, submitted_at, NULL FROM review_comments
)
SELECT
    e.kind,
    e.id,
    e.reviewer,
    e.state,
    e.at,
    e.minutes,
    c.change,
    c.repo,
    c.merged_at,
    c.source,
    c.context,
    c.business,
    COALESCE(e.at <= c.merged_at, FALSE) AS before_merge
FROM settings s
CROSS JOIN events e
JOIN changes c ON c.repo = e.repo AND c.number = e.number
WHERE e.at < s.as_of_at
    AND NOT c.is_bot
    AND e.reviewer NOT LIKE 'bot:%'
    AND e.reviewer IS DISTINCT FROM c.author
