/*
id = "complexity"
version = 1
tier = 2
cadence = "week"
question = "How complex are the functions that changes add or touch?"
definition = "Functions added or changed by a landing that is not a bot's, as they are after it, once each: McCabe's cyclomatic and SonarSource's cognitive complexity, mean over functions; and the mean change of functions that existed before. Tests and generated code are left out; test_cyclomatic stands beside it."
source = "McCabe 1976; Campbell 2018 (cognitive complexity, SonarSource)"
caveats = "Functions that cannot be parsed are left out and counted. Languages differ, so compare within one. Splitting a function lowers the mean without making the whole simpler."
needs = ["functions"]
slices = ["source", "level", "team", "repo", "context", "business", "language"]

[[figure]]
name = "cyclomatic"
unit = "points / function"
direction = "lower"
estimator = "mean"
value = "cyclomatic"
where = "is_product"

[[figure]]
name = "cognitive"
unit = "points / function"
direction = "lower"
estimator = "mean"
value = "cognitive"
where = "is_product"

[[figure]]
name = "cyclomatic_change"
unit = "points / function"
direction = "lower"
estimator = "mean"
value = "cyclomatic_change"
where = "is_product"

[[figure]]
name = "cognitive_change"
unit = "points / function"
direction = "lower"
estimator = "mean"
value = "cognitive_change"
where = "is_product"

[[figure]]
name = "test_cyclomatic"
unit = "points / function"
direction = "neither"
estimator = "mean"
value = "cyclomatic"
where = "is_test"
*/
SELECT
    f.repo || ' ' || f.commit || ' ' || f.path || ' ' || f.name || ' ' || f.start AS unit,
    f.author AS cluster,
    f.author AS person,
    f.landed_at AS at,
    f.source,
    COALESCE(p.level, 'unknown') AS level,
    COALESCE(p.team, 'none') AS team,
    f.repo,
    f.context,
    COALESCE(r.business, 'unknown') AS business,
    f.language,
    NOT f.is_test AS is_product,
    f.is_test,
    CAST(f.cyclomatic AS DOUBLE) AS cyclomatic,
    CAST(f.cognitive AS DOUBLE) AS cognitive,
    CAST(f.cyclomatic - f.cyclomatic_before AS DOUBLE) AS cyclomatic_change,
    CAST(f.cognitive - f.cognitive_before AS DOUBLE) AS cognitive_change
FROM functions f
JOIN local_days d ON d.utc_day = CAST(f.landed_at AS DATE) AND f.landed_at >= d.starts_at AND f.landed_at < d.ends_at
LEFT JOIN person_spans p ON p.person = f.author AND d.day >= p.from_day AND d.day < p.until_day
LEFT JOIN repositories r ON r.repo = f.repo
WHERE NOT f.is_bot AND NOT f.is_generated
