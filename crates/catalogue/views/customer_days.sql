/*
One row per local day of the window: the customer-months that it adds to its month (customers of the month / days in the month), NULL where the month's customers are not known.
*/
SELECT
    w.day,
    w.month,
    w.starts_at AS at,
    f.customers / w.days_in_month AS customer_months
FROM window_days w
LEFT JOIN organisation_finance f ON f.month = w.month
