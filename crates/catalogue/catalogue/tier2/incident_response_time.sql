/*
id = "incident_response_time"
version = 1
tier = 2
cadence = "week"
question = "How long does it take to answer and to end an incident?"
definition = "Confirmed incidents of all kinds, by their trigger. mtta_minutes: trigger to acknowledgement; mttr_minutes: trigger to end; real minutes, at least one; geometric mean of those that are closed; open ones are counted in mtta_open and mttr_open. Level: that of the responder on the day of the trigger, `unknown` without one."
source = "Candor; MTTA and MTTR as in incident management, as geometric means because durations are skewed"
caveats = "Open incidents are not in the mean, so a period with long open ones looks fast. Who gets the hard incidents differs by level."
needs = ["incidents"]
slices = ["level", "team", "severity", "service", "kind"]

[[figure]]
name = "mtta_minutes"
unit = "minutes"
direction = "lower"
estimator = "geometric_mean"
value = "mtta_minutes"

[[figure]]
name = "mttr_minutes"
unit = "minutes"
direction = "lower"
estimator = "geometric_mean"
value = "mttr_minutes"

[[figure]]
name = "mtta_open"
unit = "incidents"
direction = "lower"
estimator = "count"
value = "unacknowledged"

[[figure]]
name = "mttr_open"
unit = "incidents"
direction = "lower"
estimator = "count"
value = "unresolved"
*/
SELECT
    id AS unit,
    responder AS cluster,
    responder AS person,
    at,
    level,
    team,
    severity,
    service,
    kind,
    CASE WHEN acknowledged_at IS NOT NULL THEN GREATEST(date_part('epoch', acknowledged_at - triggered_at), 60.0) / 60.0 END AS mtta_minutes,
    CASE WHEN resolved_at IS NOT NULL THEN GREATEST(date_part('epoch', resolved_at - triggered_at), 60.0) / 60.0 END AS mttr_minutes,
    CASE WHEN acknowledged_at IS NULL THEN 1.0 ELSE 0.0 END AS unacknowledged,
    CASE WHEN resolved_at IS NULL THEN 1.0 ELSE 0.0 END AS unresolved
FROM confirmed_incidents
