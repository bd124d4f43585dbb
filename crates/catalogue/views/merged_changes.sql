/*
One row per change merged before as_of and not by a bot; those whose merge lies in the window are the base set of the pull-request metrics (definitions.md, 3).
at = the merge, `day` its local day; level and team are the author's on the local day of the merge (an outsider or an unknown author: `unknown`, `none`).
*/
SELECT
    c.*,
    c.merged_at AS at,
    d.day,
    COALESCE(p.level, 'unknown') AS level,
    COALESCE(p.team, 'none') AS team
FROM changes c
JOIN local_days d ON d.utc_day = CAST(c.merged_at AS DATE) AND c.merged_at >= d.starts_at AND c.merged_at < d.ends_at
LEFT JOIN person_spans p ON p.person = c.author AND d.day >= p.from_day AND d.day < p.until_day
WHERE NOT c.is_bot
