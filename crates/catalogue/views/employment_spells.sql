/*
One row per unbroken employment of a person, as known at as_of: rows that follow each other without a gap are one spell. `ends_on` is the first day after it, NULL while it goes on
(an end at as_of or later is none: definitions.md, 2, promotion_rate); `end_reason` is that of its last row.
*/
WITH known AS (
    SELECT e.*, LAG(e.valid_until) OVER (PARTITION BY e.person ORDER BY e.valid_from) AS row_before_ended
    FROM settings s
    CROSS JOIN employment e
    WHERE e.valid_from < s.as_of
),
numbered AS (
    SELECT
        *,
        SUM(CASE WHEN row_before_ended < valid_from THEN 1 ELSE 0 END) OVER (PARTITION BY person ORDER BY valid_from) AS spell
    FROM known
),
ranked AS (
    SELECT
        *,
        MIN(valid_from) OVER (PARTITION BY person, spell) AS starts_on,
        ROW_NUMBER() OVER (PARTITION BY person, spell ORDER BY valid_from DESC) AS place_from_end
    FROM numbered
)
SELECT
    r.person,
    r.spell,
    r.starts_on,
    CASE WHEN r.valid_until < s.as_of THEN r.valid_until END AS ends_on,
    CASE WHEN r.valid_until < s.as_of THEN r.end_reason END AS end_reason
FROM settings s
CROSS JOIN ranked r
WHERE r.place_from_end = 1
