-- kept
/*
One row per person and stretch of days on which nothing about the person changes: `from_day` <= day < `until_day`, without gaps, from the first to the last date there is.
definitions.md, 1, level: from professional_since, junior before 18 calendar months, mid before 48, senior from 48; without it the job level of the day (staff and principal are senior),
`unknown` before the first employment row or without a level; the last row holds after its end. Team: the last one holds after leaving; none is `none`.
`employed` tells whether an employment row is in force; role, job level and fte are those of the last row that began.
*/
WITH everyone AS (
    SELECT person FROM people
    UNION
    SELECT person FROM employment
),
experience AS (
    SELECT
        e.person,
        p.professional_since,
        CAST(p.professional_since + INTERVAL '18 months' AS DATE) AS mid_from,
        CAST(p.professional_since + INTERVAL '48 months' AS DATE) AS senior_from
    FROM everyone e
    LEFT JOIN people p ON p.person = e.person
),
changes_of_state AS (
    SELECT person, DATE '0001-01-01' AS from_day FROM experience
    UNION
    SELECT person, mid_from FROM experience WHERE mid_from IS NOT NULL
    UNION
    SELECT person, senior_from FROM experience WHERE senior_from IS NOT NULL
    UNION
    SELECT person, valid_from FROM employment
    UNION
    SELECT person, valid_until FROM employment WHERE valid_until IS NOT NULL
),
stretches AS (
    SELECT
        person,
        from_day,
        LEAD(from_day, 1, DATE '9999-12-31') OVER (PARTITION BY person ORDER BY from_day) AS until_day
    FROM changes_of_state
),
last_row AS (
    SELECT
        s.person,
        s.from_day,
        s.until_day,
        e.role,
        e.level AS job_level,
        e.team,
        COALESCE(e.fte, 1.0) AS fte,
        e.valid_from IS NOT NULL AND (e.valid_until IS NULL OR s.from_day < e.valid_until) AS employed,
        ROW_NUMBER() OVER (PARTITION BY s.person, s.from_day ORDER BY e.valid_from DESC NULLS LAST) AS place
    FROM stretches s
    LEFT JOIN employment e ON e.person = s.person AND e.valid_from <= s.from_day
)
SELECT
    l.person,
    l.from_day,
    l.until_day,
    l.employed,
    l.employed AND l.role IN ('engineer', 'lead', 'sre', 'qa') AS is_engineer,
    l.role,
    l.job_level,
    l.fte,
    COALESCE(l.team, 'none') AS team,
    CASE
        WHEN x.professional_since IS NOT NULL AND l.from_day < x.mid_from THEN 'junior'
        WHEN x.professional_since IS NOT NULL AND l.from_day < x.senior_from THEN 'mid'
        WHEN x.professional_since IS NOT NULL THEN 'senior'
        WHEN l.job_level IN ('staff', 'principal') THEN 'senior'
        ELSE COALESCE(l.job_level, 'unknown')
    END AS level
FROM last_row l
JOIN experience x ON x.person = l.person
WHERE l.place = 1
