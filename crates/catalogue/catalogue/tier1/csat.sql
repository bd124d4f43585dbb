/*
id = "csat"
version = 1
tier = 1
cadence = "month"
question = "How many customers are satisfied?"
definition = "Answers of 4 and 5 / all answers to the satisfaction question (1 to 5), by the time of the answer. An empty cell is no answer."
source = "Candor; CSAT as the top two of five"
caveats = "Who answers is not who uses. Several answers of one customer are not independent: the interval is by customer."
needs = ["satisfaction"]
slices = ["product"]

[[figure]]
name = ""
unit = "share of answers"
direction = "higher"
estimator = "proportion"
value = "satisfied"

[[figure]]
name = "n"
unit = "answers"
direction = "neither"
estimator = "count"
value = "answers"
*/
SELECT
    id AS unit,
    COALESCE(customer, id) AS cluster,
    NULL AS person,
    responded_at AS at,
    COALESCE(product, 'unknown') AS product,
    CASE WHEN csat IS NOT NULL THEN CASE WHEN csat >= 4 THEN 1.0 ELSE 0.0 END END AS satisfied,
    CASE WHEN csat IS NOT NULL THEN 1.0 END AS answers
FROM satisfaction
