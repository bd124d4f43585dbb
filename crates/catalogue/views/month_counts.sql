/*
One row per pair of days of which a metric needs the calendar months between (definitions.md, 1): n whole months where from + n months <= to (a day that the month lacks becomes its last day),
plus the remaining days over the length of the month that follows.
*/
WITH pairs AS (
    SELECT junior_from AS from_day, until_day AS to_day FROM junior_hires
    UNION
    SELECT entry_day AS from_day, until_day AS to_day FROM engineer_spells
),
by_calendar AS (
    SELECT
        from_day,
        to_day,
        CAST((date_part('year', to_day) - date_part('year', from_day)) * 12 + date_part('month', to_day) - date_part('month', from_day) AS INT) AS n
    FROM pairs
),
whole AS (
    SELECT
        from_day,
        to_day,
        CASE WHEN CAST(from_day + CAST(n || ' months' AS INTERVAL) AS DATE) <= to_day THEN n ELSE n - 1 END AS n
    FROM by_calendar
),
anniversaries AS (
    SELECT
        *,
        CAST(from_day + CAST(n || ' months' AS INTERVAL) AS DATE) AS last_anniversary,
        CAST(from_day + CAST((n + 1) || ' months' AS INTERVAL) AS DATE) AS next_anniversary
    FROM whole
)
SELECT
    from_day,
    to_day,
    n + CAST(to_day - last_anniversary AS DOUBLE) / (next_anniversary - last_anniversary) AS months
FROM anniversaries
