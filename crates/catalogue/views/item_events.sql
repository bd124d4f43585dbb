/*
One row per work item and moment (`created`, `started`, `done`, `delivered`) with the item's team then: its own, else the assignee's on that local day, else `none`; level is the assignee's on that day.
*/
WITH moments AS (
    SELECT 'created' AS moment, created_at AS at, * FROM items
    UNION ALL
    SELECT 'started' AS moment, started_at AS at, * FROM items WHERE started_at IS NOT NULL
    UNION ALL
    SELECT 'done' AS moment, done_at AS at, * FROM items WHERE done_at IS NOT NULL
    UNION ALL
    SELECT 'delivered' AS moment, delivered_at AS at, * FROM items WHERE delivered_at IS NOT NULL
)
SELECT
    m.moment,
    m.at,
    m.item,
    m.type,
    m.points,
    m.is_revenue_feature,
    m.severity,
    m.reported_by_customer,
    m.assignee,
    m.started_at,
    m.done_at,
    m.resolution,
    m.delivered_at,
    m.source,
    COALESCE(m.team, p.team, 'none') AS team,
    COALESCE(p.level, 'unknown') AS level
FROM moments m
JOIN local_days d ON d.utc_day = CAST(m.at AS DATE) AND m.at >= d.starts_at AND m.at < d.ends_at
LEFT JOIN person_spans p ON p.person = m.assignee AND d.day >= p.from_day AND d.day < p.until_day
