/*
One row per confirmed incident (status `confirmed` or empty) triggered before as_of. What was acknowledged or resolved later is still open.
Level is the responder's on the local day of the trigger; none or an outsider is `unknown`.
*/
SELECT
    i.id,
    i.severity,
    i.kind,
    COALESCE(i.service, 'unknown') AS service,
    i.triggered_at,
    i.triggered_at AS at,
    CASE WHEN i.acknowledged_at < s.as_of_at THEN i.acknowledged_at END AS acknowledged_at,
    CASE WHEN i.resolved_at < s.as_of_at THEN i.resolved_at END AS resolved_at,
    i.responder,
    COALESCE(p.level, 'unknown') AS level,
    COALESCE(p.team, 'none') AS team,
    i.caused_by
FROM settings s
CROSS JOIN incidents i
JOIN local_days d ON d.utc_day = CAST(i.triggered_at AS DATE) AND i.triggered_at >= d.starts_at AND i.triggered_at < d.ends_at
LEFT JOIN person_spans p ON p.person = i.responder AND d.day >= p.from_day AND d.day < p.until_day
WHERE COALESCE(i.status, 'confirmed') = 'confirmed' AND i.triggered_at < s.as_of_at
