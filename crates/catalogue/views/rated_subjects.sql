/*
One row per person, kind and subject that others rated: several raters are averaged first (definitions.md, 4). The last rating decides the time, the level and the team.
*/
WITH ratings AS (
    SELECT
        *,
        AVG(score) OVER (PARTITION BY person, kind, subject) AS mean_score,
        ROW_NUMBER() OVER (PARTITION BY person, kind, subject ORDER BY at DESC, id DESC) AS place_from_end
    FROM assessed
    WHERE kind IN ('root_cause_analysis', 'design_review', 'cross_team_project', 'mentoring') AND score IS NOT NULL
)
SELECT person, kind, subject, at, level, team, mean_score AS score
FROM ratings
WHERE place_from_end = 1
