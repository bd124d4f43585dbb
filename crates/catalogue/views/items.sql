-- kept
/*
One row per work item created before as_of, with what is known then: started, done and delivered (definitions.md, 2) and its source.
An item with transitions takes started and done from them. `resolution` is NULL while the item is not done, and `done` where the tracker gives none.
Delivered (features): `released_at`; else, when resolved as done, the time at which the last of its linked changes merged by then first reached production, not delivered while one of them has not;
without such a change, or with changes only in repositories that have no production deployment, the time it was done.
*/
WITH timed AS (
    SELECT
        w.*,
        COALESCE(w.resolution, 'done') AS resolution_or_done,
        CASE
            WHEN m.key IS NOT NULL THEN m.started_at
            WHEN w.started_at < s.as_of_at THEN w.started_at
        END AS began_at,
        CASE
            WHEN m.key IS NOT NULL THEN m.done_at
            WHEN w.done_at < s.as_of_at THEN w.done_at
        END AS ended_at,
        CASE WHEN w.released_at < s.as_of_at THEN w.released_at END AS shipped_at
    FROM settings s
    CROSS JOIN work_items w
    LEFT JOIN work_item_moves m ON m.tracker = w.tracker AND m.key = w.key
    WHERE w.created_at < s.as_of_at OR w.started_at < s.as_of_at
),
deploying_repositories AS (
    SELECT d.repo
    FROM settings s
    CROSS JOIN deployments d
    WHERE d.environment = 'production' AND d.started_at < s.as_of_at AND d.repo IS NOT NULL
    UNION
    SELECT split_part(change, '#', 1) AS repo FROM first_deployments
),
merged_links AS (
    SELECT
        t.tracker,
        t.key,
        COUNT(*) AS changes,
        COUNT(f.deployed_at) AS deployed,
        COUNT(r.repo) AS in_deploying_repositories,
        MAX(f.deployed_at) AS last_deployed_at
    FROM timed t
    JOIN work_item_changes w ON w.tracker = t.tracker AND w.key = t.key
    JOIN changes c ON c.change = w.change
    LEFT JOIN first_deployments f ON f.change = w.change
    LEFT JOIN deploying_repositories r ON r.repo = c.repo
    WHERE c.merged_at <= t.ended_at
    GROUP BY t.tracker, t.key
)
SELECT
    t.tracker || ' ' || t.key AS item,
    t.type,
    t.points,
    COALESCE(t.is_revenue_feature, FALSE) AS is_revenue_feature,
    t.severity,
    COALESCE(t.reported_by_customer, FALSE) AS reported_by_customer,
    t.assignee,
    t.team,
    t.created_at,
    t.began_at AS started_at,
    t.ended_at AS done_at,
    CASE WHEN t.ended_at IS NOT NULL THEN t.resolution_or_done END AS resolution,
    CASE
        WHEN t.type <> 'feature' THEN NULL
        WHEN t.shipped_at IS NOT NULL THEN t.shipped_at
        WHEN t.ended_at IS NULL OR t.resolution_or_done <> 'done' THEN NULL
        WHEN l.key IS NULL OR l.in_deploying_repositories = 0 THEN t.ended_at
        WHEN l.deployed = l.changes THEN l.last_deployed_at
    END AS delivered_at,
    COALESCE(x.source, 'unknown') AS source
FROM timed t
LEFT JOIN merged_links l ON l.tracker = t.tracker AND l.key = t.key
LEFT JOIN work_item_sources x ON x.tracker = t.tracker AND x.key = t.key
