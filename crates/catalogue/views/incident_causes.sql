/* One row per confirmed incident and cause that it names: a change (`repo#number`) or a whole deployment (`deployment:ID`), each pair once. */
WITH listed AS (
    SELECT id AS incident, triggered_at, resolved_at, trim(unnest(string_to_array(caused_by, ';'))) AS cause
    FROM confirmed_incidents
    WHERE caused_by IS NOT NULL
)
SELECT DISTINCT incident, triggered_at, resolved_at, cause FROM listed
