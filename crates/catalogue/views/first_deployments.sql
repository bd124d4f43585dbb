-- kept
/*
One row per change that reached production: its first deployment (definitions.md, 2): the earliest `finished_at` of a successful production deployment, not a rollback, that lists it
(equal times: file order). Later deployments of the same change do not count.
*/
WITH listed AS (
    SELECT id, finished_at, row_number, trim(unnest(string_to_array(pull_requests, ';'))) AS change
    FROM production_deployments
    WHERE NOT is_rollback AND pull_requests IS NOT NULL
),
ranked AS (
    SELECT
        change,
        id AS deployment,
        finished_at AS deployed_at,
        ROW_NUMBER() OVER (PARTITION BY change ORDER BY finished_at, row_number) AS place
    FROM listed
)
SELECT change, deployment, deployed_at FROM ranked WHERE place = 1
