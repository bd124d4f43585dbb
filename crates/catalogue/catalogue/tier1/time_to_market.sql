/*
id = "time_to_market"
version = 1
tier = 1
cadence = "month"
question = "How long does a revenue feature take from the start of work to users?"
definition = "Revenue features on which work started in the period: real days from the start to delivery (release, or first deployment of the last required change, or done where nothing is deployed). Not delivered yet: censored at the snapshot; ended as won't do, duplicate or invalid: censored at that time. median_days: Kaplan-Meier median; open_after_30_days: S(30). A feature without a known start is left out. Team: the item's at the start."
source = "Candor; Kaplan and Meier 1958"
caveats = "A median is printed only when half of the features are delivered within what was observed. Features that are still open count, as far as they have run."
needs = ["work_items"]
slices = ["source", "team"]

[[figure]]
name = "median_days"
unit = "days"
direction = "lower"
estimator = "survival"
duration = "days"
event = "delivered"
report = "median"

[[figure]]
name = "open_after_30_days"
unit = "share of features"
direction = "lower"
estimator = "survival"
duration = "days"
event = "delivered"
at_time = 30.0
report = "survival"

[[figure]]
name = "n"
unit = "features"
direction = "neither"
estimator = "count"
value = "one"

[[figure]]
name = "delivered"
unit = "features"
direction = "higher"
estimator = "count"
value = "delivered_count"
*/
WITH started AS (
    SELECT
        e.*,
        COALESCE(e.delivered_at, CASE WHEN e.resolution <> 'done' THEN e.done_at END, s.as_of_at) AS until_at
    FROM settings s
    CROSS JOIN item_events e
    WHERE e.moment = 'started' AND e.is_revenue_feature
)
SELECT
    item AS unit,
    assignee AS cluster,
    assignee AS person,
    at,
    source,
    team,
    GREATEST(date_part('epoch', until_at - started_at), 0.0) / 86400.0 AS days,
    delivered_at IS NOT NULL AS delivered,
    1.0 AS one,
    CASE WHEN delivered_at IS NOT NULL THEN 1.0 ELSE 0.0 END AS delivered_count
FROM started
