/*
id = "mental_model_strength"
version = 1
tier = 3
cadence = "day"
question = "How well do people understand the system and its design?"
definition = "Ratings by others, 1 to 5, of design reviews (explains architectural decisions), cross-team projects (understands interactions) and mentoring. Several raters of one subject are averaged first; per person and kind the mean over subjects, per person the mean of the kinds present, then the mean over people. The three kinds stand beside it."
source = "Candor"
caveats = "Raters differ in how strict they are. Own ratings never count. A group figure needs five people."
needs = ["assessments"]
slices = ["level", "team"]
min_people = 5

[[figure]]
name = ""
unit = "1 to 5"
direction = "higher"
estimator = "mean_of_units"
value = "score"
mean_by = ["person", "kind"]

[[figure]]
name = "design_review"
unit = "1 to 5"
direction = "higher"
estimator = "mean_of_units"
value = "score"
where = "is_design_review"

[[figure]]
name = "cross_team_project"
unit = "1 to 5"
direction = "higher"
estimator = "mean_of_units"
value = "score"
where = "is_cross_team_project"

[[figure]]
name = "mentoring"
unit = "1 to 5"
direction = "higher"
estimator = "mean_of_units"
value = "score"
where = "is_mentoring"
*/
SELECT
    person || ' ' || kind || ' ' || subject AS unit,
    person AS cluster,
    person,
    at,
    level,
    team,
    kind,
    kind = 'design_review' AS is_design_review,
    kind = 'cross_team_project' AS is_cross_team_project,
    kind = 'mentoring' AS is_mentoring,
    score
FROM rated_subjects
WHERE kind IN ('design_review', 'cross_team_project', 'mentoring')
