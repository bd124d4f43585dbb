/*
id = "perceived_speedup"
version = 1
tier = 3
cadence = "day"
question = "How much time do people believe that AI saves them?"
definition = "Answers to the question of that name, a share of time: 1 - time with AI / time without (0.24 = 24 % less time). The last answer per person and survey, mean per person, then over people."
source = "Becker et al. 2025 (METR) for the convention"
caveats = "A belief, never an effect: METR found belief and measurement to differ in sign. See perception_gap."
needs = ["survey_answers"]
slices = ["level", "team"]
min_people = 5

[[figure]]
name = ""
unit = "share of time"
direction = "neither"
estimator = "mean_of_units"
value = "speedup"
*/
WITH ranked AS (
    SELECT
        *,
        ROW_NUMBER() OVER (PARTITION BY person, survey ORDER BY at DESC, row_number DESC) AS place_from_end
    FROM survey_replies
    WHERE question = 'perceived_speedup' AND scale = 'share'
)
SELECT
    person || ' ' || survey AS unit,
    person AS cluster,
    person,
    at,
    level,
    team,
    value AS speedup
FROM ranked
WHERE place_from_end = 1
