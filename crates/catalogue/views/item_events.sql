/*
One row per work item and moment (`created`, `started`, `done`, `delivered`) with the item's team then: its own, else the assignee's on that local day, else `none`; level is the assignee's on that day.
*/
WITH moments AS (
    SELECT moment FROM (VALUES ('created'), ('started'), ('done'), ('delivered')) AS names (moment)
),
dated AS (
    SELECT
        m.moment,
        CASE m.moment
            WHEN 'created' THEN i.created_at
            WHEN 'started' THEN i.started_at
            WHEN 'done' THEN i.done_at
            ELSE i.delivered_at
        END AS at,
        i.*
    FROM moments m
    CROSS JOIN items i
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
FROM dated m
JOIN local_days d ON d.utc_day = CAST(m.at AS DATE) AND m.at >= d.starts_at AND m.at < d.ends_at
LEFT JOIN person_spans p ON p.person = m.assignee AND d.day >= p.from_day AND d.day < p.until_day
