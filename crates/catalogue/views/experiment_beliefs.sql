/*
One row per task experiment and participant who said, after it began, how much time AI saves them (definitions.md, 4, perception_gap): the last answer to `perceived_speedup`
between the first assignment and 60 days after the last finish.
*/
WITH span AS (
    SELECT experiment, MIN(assigned_at) AS first_at, MAX(finished_at) + INTERVAL '60 days' AS last_at
    FROM experiment_tasks
    GROUP BY experiment
),
participants AS (
    SELECT DISTINCT experiment, person FROM experiment_tasks
),
ranked AS (
    SELECT
        p.experiment,
        p.person,
        r.value AS perceived,
        r.at,
        ROW_NUMBER() OVER (PARTITION BY p.experiment, p.person ORDER BY r.at DESC, r.row_number DESC) AS place_from_end
    FROM participants p
    JOIN span s ON s.experiment = p.experiment
    JOIN survey_replies r ON r.person = p.person
    WHERE r.question = 'perceived_speedup' AND r.scale = 'share' AND r.at >= s.first_at AND r.at <= s.last_at
)
SELECT experiment, person, perceived, at
FROM ranked
WHERE place_from_end = 1
