/*
One row per work item with linked changes that are neither bots' nor `unknown`: its `source` (definitions.md, 1): the rule of a pull request on the sums over these changes;
one whose lines are not counted adds its additions as human. An item without such a change has no row: it is `unknown`.
*/
WITH sums AS (
    SELECT
        w.tracker,
        w.key,
        SUM(COALESCE(c.ai_lines, 0)) AS ai_lines,
        SUM(COALESCE(c.classified_lines, c.additions, 0)) AS classified_lines
    FROM work_item_changes w
    JOIN changes c ON c.change = w.change
    WHERE NOT c.is_bot AND c.source <> 'unknown'
    GROUP BY w.tracker, w.key
)
SELECT
    i.tracker,
    i.key,
    CASE
        WHEN i.classified_lines = 0 THEN 'unknown'
        WHEN i.ai_lines = 0 THEN 'human'
        WHEN CAST(i.ai_lines AS DOUBLE) / i.classified_lines <= s.ai_heavy_above THEN 'ai_light'
        ELSE 'ai_heavy'
    END AS source
FROM settings s
CROSS JOIN sums i
