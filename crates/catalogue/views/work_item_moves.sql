/*
One row per work item that has transitions before as_of: started = its first move to in_progress; done = the first move of the last unbroken run of category done, only if the item is there now
(definitions.md, 2, started and done). Moves at one instant keep the order of the file.
*/
WITH ordered AS (
    SELECT
        t.tracker,
        t.key,
        t.at,
        t.to_category,
        ROW_NUMBER() OVER (ORDER BY t.tracker, t.key, t.at, t.row_number) AS place
    FROM settings s
    CROSS JOIN work_item_transitions t
    WHERE t.at < s.as_of_at
),
last_undone AS (
    SELECT
        tracker,
        key,
        MIN(at) FILTER (WHERE to_category = 'in_progress') AS started_at,
        COALESCE(MAX(place) FILTER (WHERE to_category <> 'done'), 0) AS place
    FROM ordered
    GROUP BY tracker, key
),
last_run AS (
    SELECT o.tracker, o.key, MIN(o.at) AS done_at
    FROM ordered o
    JOIN last_undone u ON u.tracker = o.tracker AND u.key = o.key
    WHERE o.place > u.place
    GROUP BY o.tracker, o.key
)
SELECT
    u.tracker,
    u.key,
    u.started_at,
    r.done_at
FROM last_undone u
LEFT JOIN last_run r ON r.tracker = u.tracker AND r.key = u.key
