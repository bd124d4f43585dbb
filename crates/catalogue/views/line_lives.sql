/*
One row per cohort of substantive lines that are not a bot's (definitions.md, 3, code_durability): birth = landing, death = the first change or removal that is not exempt, by anybody; else censored where follow-up ends.
`days` are real days; level and team are the origin author's on the local day of the landing. `weight` = lines; `landing_weight` = the part of its landing that the cohort makes up, so that each landing weighs the same.
*/
SELECT
    l.unit,
    l.cluster,
    l.person,
    l.landed_at AS at,
    d.day,
    l.source,
    l.landing_source,
    COALESCE(p.level, 'unknown') AS level,
    COALESCE(p.team, 'none') AS team,
    l.repo,
    l.context,
    COALESCE(r.business, 'unknown') AS business,
    l.tool,
    l.language,
    l.days,
    l.died,
    CASE WHEN NOT l.died THEN 0 WHEN l.by_self THEN 1 ELSE 2 END AS killed_by,
    l.substantive_lines AS weight,
    l.substantive_lines / l.landing_substantive AS landing_weight
FROM aged_lines l
JOIN local_days d ON d.utc_day = CAST(l.landed_at AS DATE) AND l.landed_at >= d.starts_at AND l.landed_at < d.ends_at
LEFT JOIN person_spans p ON p.person = l.author AND d.day >= p.from_day AND d.day < p.until_day
LEFT JOIN repositories r ON r.repo = l.repo
WHERE l.counted
