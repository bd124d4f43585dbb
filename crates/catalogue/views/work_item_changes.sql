/* One row per work item and change that it lists, each pair once. */
WITH listed AS (
    SELECT tracker, key, trim(unnest(string_to_array(pull_requests, ';'))) AS change
    FROM work_items
    WHERE pull_requests IS NOT NULL
)
SELECT DISTINCT tracker, key, change FROM listed WHERE change <> ''
