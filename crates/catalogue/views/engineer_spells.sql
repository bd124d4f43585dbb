/*
One row per unit of developer_retention (definitions.md, 2): an employment spell of a person who is an engineer on entry; entry = the later of hire and window_start; `has_left` = the employment has ended for any reason;
`until_day` = its end, or as_of. Level, team and the AI policy of that team are those of the entry day (teams.csv: the row in force has the latest valid_from not after the day).
*/
WITH entries AS (
    SELECT
        p.person,
        GREATEST(p.starts_on, s.window_start) AS entry_day,
        p.ends_on,
        p.end_reason,
        COALESCE(p.ends_on, s.as_of) AS until_day
    FROM settings s
    CROSS JOIN employment_spells p
    WHERE p.ends_on IS NULL OR p.ends_on > s.window_start
),
engineers AS (
    SELECT e.*, x.level, x.team
    FROM entries e
    JOIN person_spans x ON x.person = e.person AND e.entry_day >= x.from_day AND e.entry_day < x.until_day
    WHERE x.is_engineer
),
policies AS (
    SELECT
        e.person,
        e.entry_day,
        t.ai_policy,
        ROW_NUMBER() OVER (PARTITION BY e.person, e.entry_day ORDER BY t.valid_from DESC NULLS LAST) AS place
    FROM engineers e
    JOIN teams t ON t.team = e.team AND (t.valid_from IS NULL OR t.valid_from <= e.entry_day)
)
SELECT
    e.*,
    e.ends_on IS NOT NULL AS has_left,
    COALESCE(p.ai_policy, 'unknown') AS ai_policy
FROM engineers e
LEFT JOIN policies p ON p.person = e.person AND p.entry_day = e.entry_day AND p.place = 1
