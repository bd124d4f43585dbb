/*
id = "debugging_proficiency"
version = 1
tier = 3
cadence = "day"
question = "How well do people find faults without AI?"
definition = "Without AI. minutes: restricted mean of the practice sessions up to the time limit: area under Kaplan-Meier, solved = event, unsolved = censored, sessions pooled, clustered by person. solved_share: practice sessions solved; novel_solved_share: novel problems solved; root_cause_score: quality of root-cause analyses, 1 to 5, several raters of one analysis averaged first, own ratings out. The last three: mean per person, then over people."
source = "Candor; restricted mean survival time"
caveats = "Practice is not production. Few sessions per person give wide intervals. A group figure needs five people."
needs = ["assessments"]
slices = ["level", "team"]
min_people = 5

[[figure]]
name = "minutes"
unit = "minutes"
direction = "lower"
estimator = "survival"
duration = "minutes"
event = "solved"
report = "restricted_mean"
limit_setting = "practice_limit_minutes"
where = "is_practice"

[[figure]]
name = "solved_share"
unit = "share of sessions"
direction = "higher"
estimator = "mean_of_units"
value = "solved_share"
where = "is_practice"

[[figure]]
name = "novel_solved_share"
unit = "share of problems"
direction = "higher"
estimator = "mean_of_units"
value = "solved_share"
where = "is_novel"

[[figure]]
name = "root_cause_score"
unit = "1 to 5"
direction = "higher"
estimator = "mean_of_units"
value = "score"
where = "is_root_cause"
*/
SELECT
    id AS unit, person AS cluster, person, at, level, team,
    kind = 'practice_session' AS is_practice, kind = 'novel_problem' AS is_novel, FALSE AS is_root_cause,
    minutes,
    completed AS solved,
    CAST(CAST(completed AS INT) AS DOUBLE) AS solved_share,
    NULL AS score
FROM assessed
WHERE kind IN ('practice_session', 'novel_problem') AND NOT with_ai
UNION ALL
SELECT
    person || ' ' || subject AS unit, person AS cluster, person, at, level, team,
    FALSE AS is_practice, FALSE AS is_novel, TRUE AS is_root_cause,
    NULL AS minutes, NULL AS solved, NULL AS solved_share,
    score
FROM rated_subjects
WHERE kind = 'root_cause_analysis'
