-- kept
/*
One row per pair of a local day and a UTC day that it touches, so that the local day of an instant is a join on
equality first (`utc_day = CAST(at AS DATE)`) and on the exact half-open range second. A local day of 25 hours can touch three UTC days.
definitions.md, 1: days, weeks, months and quarters are those of the organisation's time zone.
*/
WITH offsets AS (
    SELECT later FROM (VALUES (0), (1), (2)) AS days_later (later)
)
SELECT
    CAST(c.starts_at AS DATE) + o.later AS utc_day,
    c.day,
    c.starts_at,
    c.ends_at
FROM calendar c
CROSS JOIN offsets o
WHERE CAST(c.starts_at AS DATE) + o.later <= CAST(c.ends_at - INTERVAL '1 microsecond' AS DATE)
