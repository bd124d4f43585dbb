/*
id = "security_findings"
version = 1
tier = 2
cadence = "month"
question = "How many security findings do the lines of a change bring in?"
definition = "Security findings (those with a CWE), distinct by tool, fingerprint and repository, whose line was born in a change merged in the period, not a bot's, per 1000 added lines of these changes; at the merge of the change. unlinked: findings first seen in the period of which no such change is known; they are in no source."
source = "Candor; SARIF 2.1.0 for the findings"
caveats = "Scanners differ in what they see and in their false alarms: compare periods with the same scanner. Findings without a known change are not in the rate."
needs = ["findings", "pull_requests"]
slices = ["source", "level", "team", "repo", "context", "business", "tool"]

[[figure]]
name = "per_kloc"
unit = "findings / 1000 added lines"
direction = "lower"
estimator = "rate"
numerator = "findings"
denominator = "kloc"

[[figure]]
name = "unlinked"
unit = "findings"
direction = "lower"
estimator = "count"
value = "unlinked"
slices = ["repo", "tool"]
*/
WITH security AS (
    SELECT
        f.tool,
        f.fingerprint,
        f.repo,
        f.first_seen_at,
        m.change
    FROM settings s
    CROSS JOIN findings f
    LEFT JOIN merged_changes m ON m.repo = f.repo AND m.number = f.pull_request AND m.at >= s.window_start_at
    WHERE f.cwe IS NOT NULL AND f.first_seen_at < s.as_of_at
),
linked AS (
    SELECT tool, fingerprint, repo, MIN(first_seen_at) AS first_seen_at, MIN(change) AS change
    FROM security
    GROUP BY tool, fingerprint, repo
)
SELECT
    l.tool || ' ' || l.fingerprint AS unit, m.author AS cluster, m.author AS person, m.at,
    m.source, m.level, m.team, m.repo, m.context, m.business, l.tool, FALSE AS is_exposure,
    1.0 AS findings, 0.0 AS kloc, 0.0 AS unlinked
FROM linked l
JOIN merged_changes m ON m.change = l.change
UNION ALL
SELECT
    tool || ' ' || fingerprint AS unit, NULL AS cluster, NULL AS person, first_seen_at AS at,
    NULL AS source, NULL AS level, NULL AS team, repo, NULL AS context, NULL AS business, tool, TRUE AS is_exposure,
    0.0 AS findings, 0.0 AS kloc, 1.0 AS unlinked
FROM linked
WHERE change IS NULL
UNION ALL
SELECT
    change AS unit, author AS cluster, author AS person, at,
    source, level, team, repo, context, business, NULL AS tool, TRUE AS is_exposure,
    0.0 AS findings, additions / 1000.0 AS kloc, 0.0 AS unlinked
FROM merged_changes
