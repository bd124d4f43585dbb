-- kept
/*
One row per pull request that exists at as_of, merged or not, bots' too (`is_bot`), with its `source` (definitions.md, 1).
`change` is its name (`repo#number`) in every list; `merged_at` is NULL while it is not merged before as_of; `lines` is NULL while one of its counts is not known.
*/
WITH known AS (
    SELECT
        p.repo || '#' || p.number AS change,
        p.*,
        CASE WHEN p.merged_at < s.as_of_at THEN p.merged_at END AS merged_before_as_of,
        s.ai_heavy_above,
        (SELECT c.starts_at FROM calendar c JOIN settings x ON c.day = x.human_before) AS human_before_at
    FROM settings s
    CROSS JOIN pull_requests p
    WHERE p.created_at < s.as_of_at
),
declared AS (
    SELECT DISTINCT k.change
    FROM known k
    JOIN local_days d ON d.utc_day = CAST(k.created_at AS DATE) AND k.created_at >= d.starts_at AND k.created_at < d.ends_at
    JOIN person_spans a ON a.person = k.author AND d.day >= a.from_day AND d.day < a.until_day
    JOIN attribution_coverage v ON v.team = a.team AND d.day >= v.valid_from AND (v.valid_until IS NULL OR d.day < v.valid_until)
    WHERE v.complete AND k.classified_lines IS NULL
)
SELECT
    k.change,
    k.repo,
    k.number,
    k.author,
    COALESCE(k.author LIKE 'bot:%', FALSE) AS is_bot,
    k.created_at,
    COALESCE(k.ready_at, k.created_at) AS ready_at,
    k.first_commit_at,
    k.first_review_at,
    k.merged_before_as_of AS merged_at,
    k.additions,
    k.deletions,
    k.additions + k.deletions AS lines,
    k.ai_lines,
    k.classified_lines,
    k.pushes_after_review,
    k.reverts,
    k.explains_why,
    k.explains_what,
    k.explains_risk,
    k.explains_tests,
    k.explanation_rating,
    COALESCE(k.context, 'unknown') AS context,
    COALESCE(r.business, 'unknown') AS business,
    CASE
        WHEN k.classified_lines > 0 AND k.ai_lines = 0 THEN 'human'
        WHEN k.classified_lines > 0 AND CAST(k.ai_lines AS DOUBLE) / k.classified_lines <= k.ai_heavy_above THEN 'ai_light'
        WHEN k.classified_lines > 0 THEN 'ai_heavy'
        WHEN k.classified_lines = 0 THEN 'unknown'
        WHEN k.created_at < k.human_before_at OR v.change IS NOT NULL THEN 'human'
        ELSE 'unknown'
    END AS source
FROM known k
LEFT JOIN declared v ON v.change = k.change
LEFT JOIN repositories r ON r.repo = k.repo
