/*
One row per assessment before as_of, with its local day and level and team of the person on that day. Ratings of oneself and by bots never count (definitions.md, 1).
*/
SELECT
    a.id,
    a.person,
    a.kind,
    COALESCE(a.subject, a.id) AS subject,
    a.with_ai,
    a.minutes,
    a.completed,
    a.score,
    a.assessed_at AS at,
    d.day,
    COALESCE(p.level, 'unknown') AS level,
    COALESCE(p.team, 'none') AS team
FROM settings s
CROSS JOIN assessments a
JOIN local_days d ON d.utc_day = CAST(a.assessed_at AS DATE) AND a.assessed_at >= d.starts_at AND a.assessed_at < d.ends_at
LEFT JOIN person_spans p ON p.person = a.person AND d.day >= p.from_day AND d.day < p.until_day
WHERE a.assessed_at < s.as_of_at
    AND (a.rater IS NULL OR (a.rater <> a.person AND a.rater NOT LIKE 'bot:%'))
