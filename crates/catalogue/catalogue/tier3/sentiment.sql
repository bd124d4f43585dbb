/*
id = "sentiment"
version = 1
tier = 3
cadence = "day"
question = "How satisfied, confident and in flow do people feel?"
definition = "Answers to the questions satisfaction, confidence and flow on 1 to 5 (1 to 7 mapped by 1 + (v - 1) x 4/6; skipped answers are out). Per person, ISO week and question the last answer; the mean of the questions per person-week, then the mean over person-weeks."
source = "Candor; the questions follow the satisfaction and flow dimensions of SPACE (Forsgren 2021)"
caveats = "Who answers may differ from who does not. A group figure needs five people; a person sees their own."
needs = ["survey_answers"]
slices = ["level", "team", "question"]
min_people = 5

[[figure]]
name = ""
unit = "1 to 5"
direction = "higher"
estimator = "mean_of_units"
value = "score"
mean_by = ["unit"]
*/
WITH ranked AS (
    SELECT
        *,
        ROW_NUMBER() OVER (PARTITION BY person, iso_week, question ORDER BY at DESC, row_number DESC) AS place_from_end
    FROM survey_replies
    WHERE question IN ('satisfaction', 'confidence', 'flow') AND score IS NOT NULL
)
SELECT
    person || ' ' || iso_week AS unit,
    person AS cluster,
    person,
    at,
    level,
    team,
    question,
    score
FROM ranked
WHERE place_from_end = 1
