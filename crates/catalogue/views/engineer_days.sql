-- kept
/*
One row per engineer and local day inside the window on which they are employed as engineer, lead, sre or qa (definitions.md, 1), with fte (0 = on leave) and the engineer-months that the day adds to its month
(fte / days in that month) and to its week (fte / 30.4375). at = the start of the day.
*/
SELECT
    p.person,
    c.day,
    c.week_start,
    c.month,
    c.starts_at AS at,
    p.level,
    p.team,
    p.job_level,
    p.fte,
    p.fte / c.days_in_month AS engineer_months,
    p.fte / 30.4375 AS engineer_months_in_week
FROM window_days c
JOIN person_spans p ON c.day >= p.from_day AND c.day < p.until_day
WHERE p.is_engineer
