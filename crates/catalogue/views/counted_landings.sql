/*
One row per landing on the mainline that is neither a bot's nor bulk: at = the landing; level and team are the author's on that local day.
Reads `landings`: repo, commit, landed_at, followed_until, author, is_bot, source, change, context, n_lines, ai_lines, unknown_lines, duplicated_lines, is_bulk, n_substantive, first_fix_at, reverted_at, commits, agent_commits, opened_by_agent.
*/
SELECT
    l.repo || ' ' || l.commit AS unit,
    l.author AS cluster,
    l.author AS person,
    l.landed_at AS at,
    l.source,
    COALESCE(p.level, 'unknown') AS level,
    COALESCE(p.team, 'none') AS team,
    l.repo,
    l.context,
    COALESCE(r.business, 'unknown') AS business,
    l.change,
    l.n_lines,
    l.ai_lines,
    l.unknown_lines,
    l.duplicated_lines,
    l.first_fix_at,
    l.reverted_at,
    l.followed_until,
    l.commits,
    l.agent_commits,
    l.opened_by_agent
FROM landings l
JOIN local_days d ON d.utc_day = CAST(l.landed_at AS DATE) AND l.landed_at >= d.starts_at AND l.landed_at < d.ends_at
LEFT JOIN person_spans p ON p.person = l.author AND d.day >= p.from_day AND d.day < p.until_day
LEFT JOIN repositories r ON r.repo = l.repo
WHERE NOT l.is_bot AND NOT l.is_bulk
