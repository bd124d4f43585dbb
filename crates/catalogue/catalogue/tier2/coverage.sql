/*
id = "coverage"
version = 1
tier = 2
cadence = "week"
question = "How much of the code that lands is run by tests?"
definition = "Executable landed lines, not bots', that the first coverage report at or after the landing (within 7 days) shows hit / executable landed lines in that report's files. By source of the line. A landing without such a report is not observed."
source = "Candor; LCOV and Cobertura reports"
caveats = "Run is not checked: a test without assertions covers too. Files that no report names are not in it."
needs = ["coverage_lines"]
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = ""
unit = "share of executable lines"
direction = "higher"
estimator = "ratio"
numerator = "covered_lines"
denominator = "executable_lines"
*/
SELECT
    v.repo || ' ' || v.commit AS unit,
    v.author AS cluster,
    v.author AS person,
    v.landed_at AS at,
    v.source,
    COALESCE(p.level, 'unknown') AS level,
    COALESCE(p.team, 'none') AS team,
    v.repo,
    v.context,
    COALESCE(r.business, 'unknown') AS business,
    CASE WHEN v.has_report THEN CAST(v.covered_lines AS DOUBLE) END AS covered_lines,
    CASE WHEN v.has_report THEN CAST(v.executable_lines AS DOUBLE) END AS executable_lines,
    CASE WHEN NOT v.has_report THEN 'not_instrumented' END AS gap
FROM coverage_lines v
JOIN local_days d ON d.utc_day = CAST(v.landed_at AS DATE) AND v.landed_at >= d.starts_at AND v.landed_at < d.ends_at
LEFT JOIN person_spans p ON p.person = v.author AND d.day >= p.from_day AND d.day < p.until_day
LEFT JOIN repositories r ON r.repo = v.repo
WHERE NOT v.is_bot
