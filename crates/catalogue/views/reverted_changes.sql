/*
One row per merged change that is not a bot's (definitions.md, 3, revert_rate_30d), with the first merged change that reverts it: `days` from merge to merge, or to the end of knowledge where none does.
*/
WITH reverts AS (
    SELECT
        repo,
        CAST(trim(unnest(string_to_array(reverts, ';'))) AS BIGINT) AS number,
        merged_at
    FROM changes
    WHERE reverts IS NOT NULL AND merged_at IS NOT NULL
),
first_revert AS (
    SELECT repo, number, MIN(merged_at) AS reverted_at
    FROM reverts
    GROUP BY repo, number
)
SELECT
    m.*,
    GREATEST(date_part('epoch', COALESCE(r.reverted_at, s.as_of_at) - m.merged_at), 0.0) / 86400.0 AS days,
    r.reverted_at IS NOT NULL AS reverted
FROM settings s
CROSS JOIN merged_changes m
LEFT JOIN first_revert r ON r.repo = m.repo AND r.number = m.number
