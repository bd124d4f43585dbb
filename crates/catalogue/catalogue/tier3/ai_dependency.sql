/*
id = "ai_dependency"
version = 1
tier = 3
cadence = "day"
question = "Does a person still land work without AI, and does their unaided skill hold?"
definition = "Flags for each present engineer, days ending at the snapshot. no_unaided_work_4_weeks: 3 or more merged changes of known source in the last 28 days, none of them human. falling_unaided_skill: AI share above the threshold (0.40) over 200 or more classified lines in the last 84 days, and unaided practice worse than in the 84 days before: mean minutes up by 20 % or more, or the solved share down by 20 points or more, with 3 sessions in each. The figure without a name: either flag. 1 = raised."
source = "Candor"
caveats = "A prompt for a conversation, seen by the person alone; no measure of a person's worth. Work outside the recorded changes is not seen."
needs = ["pull_requests", "employment"]
slices = ["person", "level", "team"]
min_people = 5

[[figure]]
name = ""
unit = "flag"
direction = "lower"
estimator = "proportion"
value = "either"
periods = []

[[figure]]
name = "no_unaided_work_4_weeks"
unit = "flag"
direction = "lower"
estimator = "proportion"
value = "no_unaided_work"
periods = []

[[figure]]
name = "falling_unaided_skill"
unit = "flag"
direction = "lower"
estimator = "proportion"
value = "falling_skill"
periods = []
*/
WITH work AS (
    SELECT
        m.author AS person,
        COUNT(*) FILTER (WHERE m.day >= s.as_of - 28 AND m.source <> 'unknown') AS known_changes,
        COUNT(*) FILTER (WHERE m.day >= s.as_of - 28 AND m.source = 'human') AS human_changes,
        SUM(m.ai_lines) AS ai_lines,
        SUM(m.classified_lines) AS classified_lines
    FROM settings s
    CROSS JOIN merged_changes m
    WHERE m.day >= s.as_of - 84
    GROUP BY m.author
),
sessions AS (
    SELECT
        a.person,
        a.minutes,
        CAST(a.completed AS INT) AS solved,
        a.day >= s.as_of - 84 AS is_recent
    FROM settings s
    CROSS JOIN assessed a
    WHERE a.kind = 'practice_session' AND NOT a.with_ai AND a.day >= s.as_of - 168
),
practice AS (
    SELECT
        person,
        COUNT(*) FILTER (WHERE is_recent) AS recent,
        COUNT(*) FILTER (WHERE NOT is_recent) AS before,
        AVG(minutes) FILTER (WHERE is_recent) AS recent_minutes,
        AVG(minutes) FILTER (WHERE NOT is_recent) AS minutes_before,
        SUM(solved) FILTER (WHERE is_recent) AS recent_solved,
        SUM(solved) FILTER (WHERE NOT is_recent) AS solved_before
    FROM sessions
    GROUP BY person
),
judged AS (
    SELECT
        e.*,
        COALESCE(w.known_changes >= 3 AND w.human_changes = 0, FALSE) AS no_unaided_work,
        COALESCE(
            w.classified_lines >= 200
                AND CAST(w.ai_lines AS DOUBLE) / w.classified_lines > s.ai_heavy_above
                AND p.recent >= 3
                AND p.before >= 3
                AND (
                    p.recent_minutes >= 1.2 * p.minutes_before
                    -- solved before / sessions before - solved lately / sessions lately >= 1/5, in whole numbers
                    OR 5 * (p.solved_before * p.recent - p.recent_solved * p.before) >= p.recent * p.before
                ),
            FALSE
        ) AS falling_skill
    FROM settings s
    CROSS JOIN engineers_now e
    LEFT JOIN work w ON w.person = e.person
    LEFT JOIN practice p ON p.person = e.person
)
SELECT
    person AS unit,
    person AS cluster,
    person,
    at,
    level,
    team,
    CASE WHEN no_unaided_work THEN 1.0 ELSE 0.0 END AS no_unaided_work,
    CASE WHEN falling_skill THEN 1.0 ELSE 0.0 END AS falling_skill,
    CASE WHEN no_unaided_work OR falling_skill THEN 1.0 ELSE 0.0 END AS either
FROM judged
