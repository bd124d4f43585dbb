/* The local days of the window [window_start, as_of), with the part of a month and of a week that each one is: the exposure of rates per month and per week. */
SELECT
    c.*,
    1.0 / c.days_in_month AS months,
    1.0 / 7.0 AS weeks
FROM settings s
CROSS JOIN calendar c
WHERE c.day >= s.window_start AND c.day < s.as_of
