/*
id = "security_incidents"
version = 1
tier = 1
cadence = "month"
question = "How many confirmed security incidents are there?"
definition = "Incidents of kind security with status confirmed (or empty), by their trigger, per month of the period; months without one are 0. By severity. Exact Poisson interval (Garwood)."
source = "Candor; Garwood 1936 for the interval"
caveats = "Rare events: a quiet year is compatible with a wide range of rates, so read the interval. Only what was found and confirmed counts."
needs = ["incidents"]
slices = ["severity", "service"]

[[figure]]
name = "per_month"
unit = "incidents / month"
direction = "lower"
estimator = "rate"
numerator = "incidents"
denominator = "months"
*/
SELECT
    id AS unit, NULL AS cluster, NULL AS person, at, severity, service, FALSE AS is_exposure,
    1.0 AS incidents, 0.0 AS months
FROM confirmed_incidents
WHERE kind = 'security'
UNION ALL
SELECT
    w.severity AS unit, NULL AS cluster, NULL AS person, s.window_start_at AS at, w.severity, NULL AS service, TRUE AS is_exposure,
    0.0 AS incidents, 0.0 AS months
FROM settings s
CROSS JOIN severity_weights w
UNION ALL
SELECT
    CAST(day AS VARCHAR) AS unit, NULL AS cluster, NULL AS person, starts_at AS at, NULL AS severity, NULL AS service, TRUE AS is_exposure,
    0.0 AS incidents, months
FROM window_days
