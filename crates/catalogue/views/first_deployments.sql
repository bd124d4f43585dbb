-- kept
/*
One row per change that reached production: its first deployment (definitions.md, 2): the earliest `finished_at` of a successful production deployment, not a rollback, that lists it
(equal times: file order). Later deployments of the same change do not count.
*/
WITH ranked AS (
    SELECT *, ROW_NUMBER() OVER (ORDER BY finished_at, row_number) AS place
    FROM production_deployments
    WHERE NOT is_rollback
),
listed AS (
    SELECT place, trim(unnest(string_to_array(pull_requests, ';'))) AS change
    FROM ranked
    WHERE pull_requests IS NOT NULL
),
earliest AS (
    SELECT change, MIN(place) AS place FROM listed GROUP BY change
)
SELECT
    e.change,
    r.id AS deployment,
    r.finished_at AS deployed_at
FROM earliest e
JOIN ranked r ON r.place = e.place
