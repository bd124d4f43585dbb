/*
id = "nps"
version = 1
tier = 1
cadence = "month"
question = "Would customers recommend the product?"
definition = "100 x (share of answers 9 and 10 - share of answers 0 to 6), by the time of the answer. An empty cell is no answer."
source = "Reichheld 2003 (net promoter score)"
caveats = "From -100 to 100; half of the answers (7 and 8) count as nothing. Who answers is not who uses."
needs = ["satisfaction"]
slices = ["product"]

[[figure]]
name = ""
unit = "points"
direction = "higher"
estimator = "mean"
value = "score"
*/
SELECT
    id AS unit,
    COALESCE(customer, id) AS cluster,
    NULL AS person,
    responded_at AS at,
    COALESCE(product, 'unknown') AS product,
    CASE WHEN nps >= 9 THEN 100.0 WHEN nps <= 6 THEN -100.0 WHEN nps IS NOT NULL THEN 0.0 END AS score
FROM satisfaction
