/* One row per confirmed incident and cause that it names: a `change` (`repo#number`) or a whole `deployment` (its id), each pair once. */
WITH listed AS (
    SELECT id AS incident, triggered_at, resolved_at, trim(unnest(string_to_array(caused_by, ';'))) AS cause
    FROM confirmed_incidents
    WHERE caused_by IS NOT NULL
)
SELECT DISTINCT
    incident,
    triggered_at,
    resolved_at,
    CASE WHEN cause NOT LIKE 'deployment:%' THEN cause END AS change,
    CASE WHEN cause LIKE 'deployment:%' THEN substr(cause, 12) END AS deployment
FROM listed
