/*
id = "coderabbit_findings"
version = 1
tier = 2
cadence = "month"
question = "Findings as CodeRabbit counts them: how many are there for each pull request?"
definition = "Distinct findings first seen in the period, of any kind / changes merged in it."
source = "CodeRabbit, State of AI vs Human Code Generation (2025)"
caveats = "Larger changes have more findings, so groups with changes of different sizes do not compare."
needs = ["findings", "pull_requests"]
ours = "security_findings.per_kloc"

[[figure]]
name = "peer"
step = "as CodeRabbit defines it"
unit = "findings / merged change"
direction = "lower"
estimator = "rate"
numerator = "seen"
denominator = "changes"

[[figure]]
name = "security"
step = "only findings with a CWE: style is no security"
unit = "findings / merged change"
direction = "lower"
estimator = "rate"
numerator = "seen_with_cwe"
denominator = "changes"

[[figure]]
name = "linked"
step = "only those whose line came with a change that was merged in the period"
unit = "findings / merged change"
direction = "lower"
estimator = "rate"
numerator = "brought_in"
denominator = "changes"

[[figure]]
name = "ours"
step = "per 1000 added lines instead of per change"
unit = "findings / 1000 added lines"
direction = "lower"
estimator = "rate"
numerator = "brought_in"
denominator = "kloc"
where = "has_lines"
*/
WITH known AS (
    SELECT
        f.tool,
        f.fingerprint,
        f.repo,
        MIN(f.first_seen_at) AS first_seen_at,
        MAX(CASE WHEN f.cwe IS NOT NULL THEN 1 ELSE 0 END) = 1 AS is_security,
        MIN(CASE WHEN f.cwe IS NOT NULL THEN m.change END) AS change
    FROM settings s
    CROSS JOIN findings f
    LEFT JOIN merged_changes m ON m.repo = f.repo AND m.number = f.pull_request AND m.at >= s.window_start_at
    WHERE f.first_seen_at < s.as_of_at
    GROUP BY f.tool, f.fingerprint, f.repo
)
SELECT
    tool || ' ' || fingerprint AS unit, NULL AS cluster, NULL AS person, first_seen_at AS at, FALSE AS is_exposure, FALSE AS has_lines,
    1.0 AS seen, CASE WHEN is_security THEN 1.0 ELSE 0.0 END AS seen_with_cwe, 0.0 AS brought_in, 0.0 AS changes, 0.0 AS kloc
FROM known
UNION ALL
SELECT
    k.tool || ' ' || k.fingerprint AS unit, m.author AS cluster, m.author AS person, m.at, FALSE AS is_exposure, TRUE AS has_lines,
    0.0 AS seen, 0.0 AS seen_with_cwe, 1.0 AS brought_in, 0.0 AS changes, 0.0 AS kloc
FROM known k
JOIN merged_changes m ON m.change = k.change
UNION ALL
SELECT
    change AS unit, author AS cluster, author AS person, at, TRUE AS is_exposure, additions IS NOT NULL AS has_lines,
    0.0 AS seen, 0.0 AS seen_with_cwe, 0.0 AS brought_in, 1.0 AS changes, COALESCE(additions, 0) / 1000.0 AS kloc
FROM merged_changes
