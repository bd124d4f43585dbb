/* One row per person who is employed as an engineer, lead, sre or qa on the last day before as_of, with the start of that day. */
SELECT
    p.person,
    p.level,
    p.team,
    c.day,
    c.starts_at AS at
FROM settings s
CROSS JOIN calendar c
JOIN person_spans p ON c.day >= p.from_day AND c.day < p.until_day
WHERE c.day = s.as_of - 1 AND p.is_engineer
