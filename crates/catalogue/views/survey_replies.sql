/*
One row per answer that was given (skipped ones are out) before as_of, with the local day and its ISO week, and level and team of the person on that day. `score` is on the scale 1 to 5 (1-7 by 1 + (v - 1) x 4/6; other scales have none).
*/
SELECT
    a.id,
    a.survey,
    a.person,
    a.question,
    a.scale,
    a.value,
    CASE a.scale WHEN '1-5' THEN a.value WHEN '1-7' THEN 1.0 + (a.value - 1.0) * 4.0 / 6.0 END AS score,
    a.answered_at AS at,
    a.row_number,
    c.iso_week,
    COALESCE(p.level, 'unknown') AS level,
    COALESCE(p.team, 'none') AS team
FROM settings s
CROSS JOIN survey_answers a
JOIN local_days d ON d.utc_day = CAST(a.answered_at AS DATE) AND a.answered_at >= d.starts_at AND a.answered_at < d.ends_at
JOIN calendar c ON c.day = d.day
LEFT JOIN person_spans p ON p.person = a.person AND d.day >= p.from_day AND d.day < p.until_day
WHERE a.value IS NOT NULL AND a.answered_at < s.as_of_at
