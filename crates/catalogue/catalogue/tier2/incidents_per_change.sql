/*
id = "incidents_per_change"
version = 1
tier = 2
cadence = "week"
question = "How many incidents come with every hundred changes that reach production?"
definition = "Confirmed incidents that name a change, or the first deployment of one, not a bot's, and were triggered within seven days of that deployment, each once, at their trigger; over the changes that are not bots' with their first deployment in the same period; times 100."
source = "Candor"
caveats = "Numerator and denominator are of the same period, so an incident can belong to a change of the period before. An incident that names a deployment cannot be split by source: see change_failure_rate for that."
needs = ["deployments", "incidents", "pull_requests"]
slices = ["severity", "service"]

[[figure]]
name = "per_100"
unit = "incidents / 100 changes"
direction = "lower"
estimator = "ratio"
numerator = "incidents"
denominator = "changes"
scale = 100.0
*/
WITH charging AS (
    SELECT DISTINCT i.incident
    FROM incident_charges i
    JOIN deployed_changes c ON c.change = i.change
)
SELECT
    i.id AS unit, i.id AS cluster, NULL AS person, i.at, i.severity, i.service, FALSE AS is_exposure,
    1.0 AS incidents, 0.0 AS changes
FROM confirmed_incidents i
JOIN charging c ON c.incident = i.id
UNION ALL
SELECT
    change AS unit, author AS cluster, author AS person, at, NULL AS severity, NULL AS service, TRUE AS is_exposure,
    0.0 AS incidents, 1.0 AS changes
FROM deployed_changes
