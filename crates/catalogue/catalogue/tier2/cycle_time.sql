/*
id = "cycle_time"
version = 1
tier = 2
cadence = "week"
question = "Where does the time of a change go, from first commit to production?"
definition = "The reviewed ones among the changes of lead_time_for_changes: the same hours, as geometric mean, median and P75. Phases of each change: coding = first commit to ready, pick_up = ready to first review, review = first review to merge, deploy = merge to first deployment; a mark that lies before the one before it is set to it, so no phase is negative and they add up. The phases are printed as arithmetic means, because only these add up to the mean of the whole."
source = "Candor; phases as in LinearB's cycle time"
caveats = "Geometric means and medians of phases do not add up to the whole and are not shown. Unreviewed changes are not in it."
needs = ["deployments", "pull_requests"]
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = "hours"
unit = "hours"
direction = "lower"
estimator = "geometric_mean"
value = "hours"

[[figure]]
name = "median_hours"
unit = "hours"
direction = "lower"
estimator = "median"
value = "hours"

[[figure]]
name = "p75_hours"
unit = "hours"
direction = "lower"
estimator = "quantile"
q = 0.75
value = "hours"

[[figure]]
name = "coding_mean_hours"
unit = "hours"
direction = "lower"
estimator = "mean"
value = "coding_hours"

[[figure]]
name = "pick_up_mean_hours"
unit = "hours"
direction = "lower"
estimator = "mean"
value = "pick_up_hours"

[[figure]]
name = "review_mean_hours"
unit = "hours"
direction = "lower"
estimator = "mean"
value = "review_hours"

[[figure]]
name = "deploy_mean_hours"
unit = "hours"
direction = "lower"
estimator = "mean"
value = "deploy_hours"
*/
WITH timed AS (
    SELECT d.*, r.reviewed_at, LEAST(d.merged_at, d.deployed_at) AS merge_mark
    FROM deployed_changes d
    JOIN reviewed_changes r ON r.change = d.change
    WHERE r.reviewed AND d.first_commit_at IS NOT NULL
),
ready AS (
    SELECT *, LEAST(GREATEST(first_commit_at, ready_at), merge_mark) AS ready_mark FROM timed
),
marked AS (
    SELECT *, LEAST(GREATEST(ready_mark, reviewed_at), merge_mark) AS review_mark FROM ready
)
SELECT
    change AS unit,
    author AS cluster,
    author AS person,
    at,
    source,
    level,
    team,
    repo,
    context,
    business,
    GREATEST(date_part('epoch', deployed_at - first_commit_at), 60.0) / 3600.0 AS hours,
    date_part('epoch', ready_mark - first_commit_at) / 3600.0 AS coding_hours,
    date_part('epoch', review_mark - ready_mark) / 3600.0 AS pick_up_hours,
    date_part('epoch', merge_mark - review_mark) / 3600.0 AS review_hours,
    date_part('epoch', deployed_at - merge_mark) / 3600.0 AS deploy_hours
FROM marked
