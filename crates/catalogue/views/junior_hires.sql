/*
One row per unit of promotion_rate (definitions.md, 2): a person's first engineering row of an employment spell, where its job level is junior. `promoted_on`: first day with a higher job level;
`left_on`: end of the employment; `left_engineering_on`: first day in a role outside engineering. `outcome`: 1 promoted, 2 left or left engineering, 0 still junior at as_of; on the same day promotion wins.
`until_day` is the day of the outcome, or as_of.
*/
WITH rows_of_spell AS (
    SELECT
        p.person,
        p.starts_on,
        p.ends_on,
        e.valid_from,
        e.level,
        COALESCE(e.team, 'none') AS team,
        e.role IN ('engineer', 'lead', 'sre', 'qa') AS is_engineering
    FROM employment_spells p
    JOIN employment e ON e.person = p.person
    CROSS JOIN settings s
    WHERE e.valid_from >= p.starts_on AND e.valid_from < COALESCE(p.ends_on, s.as_of)
),
engineering_rows AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY person, starts_on ORDER BY valid_from) AS place
    FROM rows_of_spell
    WHERE is_engineering
),
units AS (
    SELECT person, starts_on, ends_on, valid_from AS junior_from, team
    FROM engineering_rows
    WHERE place = 1 AND level = 'junior'
),
dated AS (
    SELECT
        u.person,
        u.starts_on,
        u.ends_on,
        u.junior_from,
        u.team,
        MIN(r.valid_from) FILTER (WHERE r.level IN ('mid', 'senior', 'staff', 'principal')) AS promoted_on,
        MIN(r.valid_from) FILTER (WHERE NOT r.is_engineering) AS left_engineering_on
    FROM units u
    LEFT JOIN rows_of_spell r ON r.person = u.person AND r.starts_on = u.starts_on AND r.valid_from > u.junior_from
    GROUP BY u.person, u.starts_on, u.ends_on, u.junior_from, u.team
),
ended AS (
    SELECT *, LEAST(COALESCE(ends_on, left_engineering_on), COALESCE(left_engineering_on, ends_on)) AS gone_on FROM dated
)
SELECT
    e.person,
    e.junior_from,
    e.team,
    e.ends_on,
    CASE
        WHEN e.promoted_on IS NOT NULL AND (e.gone_on IS NULL OR e.promoted_on <= e.gone_on) THEN 1
        WHEN e.gone_on IS NOT NULL THEN 2
        ELSE 0
    END AS outcome,
    CASE
        WHEN e.promoted_on IS NOT NULL AND (e.gone_on IS NULL OR e.promoted_on <= e.gone_on) THEN e.promoted_on
        ELSE COALESCE(e.gone_on, s.as_of)
    END AS until_day,
    e.left_engineering_on IS NOT NULL AND e.gone_on = e.left_engineering_on AND (e.ends_on IS NULL OR e.left_engineering_on < e.ends_on) AS left_engineering
FROM settings s
CROSS JOIN ended e
