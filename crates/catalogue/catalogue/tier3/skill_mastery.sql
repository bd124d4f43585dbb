/*
id = "skill_mastery"
version = 1
tier = 3
cadence = "day"
question = "How well is a skill mastered that was learnt with AI, and one that was learnt without?"
definition = "Scores of quizzes and practical tests, 0 to 1: mean per person, then over people; apart for skills whose learning (not the test) was assisted by AI."
source = "Candor"
caveats = "People choose how they learn, so the difference of the two is no effect of AI unless the arms were drawn. A group figure needs five people."
needs = ["assessments"]
slices = ["level", "team"]
min_people = 5

[[figure]]
name = "with_ai"
unit = "share"
direction = "higher"
estimator = "mean_of_units"
value = "score"
where = "with_ai"

[[figure]]
name = "without_ai"
unit = "share"
direction = "higher"
estimator = "mean_of_units"
value = "score"
where = "without_ai"
*/
SELECT
    id AS unit,
    person AS cluster,
    person,
    at,
    level,
    team,
    COALESCE(with_ai, FALSE) AS with_ai,
    COALESCE(NOT with_ai, FALSE) AS without_ai,
    score
FROM assessed
WHERE kind IN ('quiz', 'practical')
