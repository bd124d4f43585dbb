/*
id = "velocity"
version = 1
tier = 2
cadence = "week"
question = "How much work does a team finish per engineer-month, compared with itself?"
definition = "Work items with resolution done, by the time they were done (a reopened item counts once, at its last completion): points and items per engineer-month; merged changes that are not bots' per engineer-month. Engineer-months = sum over the days of fte / days in the month (for a week: fte-days / 30.4375); a team's figure uses its own engineers. Items without points are left out of points; their share is items_without_points_share."
source = "Candor"
caveats = "Points are each team's own: compare a team only with itself, never teams with one another. Throughput is no value: read it beside quality."
needs = ["employment"]
slices = ["team"]

[[figure]]
name = "points_per_engineer_month"
unit = "points / engineer-month"
direction = "higher"
estimator = "ratio"
numerator = "points"
denominator = "engineer_months"
denominator_in_week = "engineer_months_in_week"
needs = ["work_items"]

[[figure]]
name = "items_per_engineer_month"
unit = "items / engineer-month"
direction = "higher"
estimator = "ratio"
numerator = "items"
denominator = "engineer_months"
denominator_in_week = "engineer_months_in_week"
needs = ["work_items"]

[[figure]]
name = "merged_changes_per_engineer_month"
unit = "changes / engineer-month"
direction = "higher"
estimator = "ratio"
numerator = "changes"
denominator = "engineer_months"
denominator_in_week = "engineer_months_in_week"
needs = ["pull_requests"]

[[figure]]
name = "items_without_points_share"
unit = "share of items"
direction = "neither"
estimator = "proportion"
value = "without_points"
needs = ["work_items"]
*/
SELECT
    item AS unit, assignee AS cluster, assignee AS person, at, team, FALSE AS is_exposure,
    points, 1.0 AS items, 0.0 AS changes,
    CASE WHEN points IS NULL THEN 1.0 ELSE 0.0 END AS without_points,
    0.0 AS engineer_months, 0.0 AS engineer_months_in_week
FROM item_events
WHERE moment = 'done' AND resolution = 'done'
UNION ALL
SELECT
    change AS unit, author AS cluster, author AS person, at, team, FALSE AS is_exposure,
    0.0 AS points, 0.0 AS items, 1.0 AS changes, NULL AS without_points,
    0.0 AS engineer_months, 0.0 AS engineer_months_in_week
FROM merged_changes
UNION ALL
SELECT
    person || ' ' || day AS unit, person AS cluster, person, at, team, TRUE AS is_exposure,
    0.0 AS points, 0.0 AS items, 0.0 AS changes, NULL AS without_points,
    engineer_months, engineer_months_in_week
FROM engineer_days
