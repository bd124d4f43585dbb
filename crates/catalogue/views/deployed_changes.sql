-- kept
/*
One row per change that is not a bot's and reached production: at = its first deployment; level and team are the author's on the local day of the merge (of the deployment where no merge is recorded).
*/
SELECT
    c.*,
    f.deployment,
    f.deployed_at AS at,
    f.deployed_at,
    COALESCE(p.level, 'unknown') AS level,
    COALESCE(p.team, 'none') AS team
FROM first_deployments f
JOIN changes c ON c.change = f.change
JOIN local_days d
    ON d.utc_day = CAST(COALESCE(c.merged_at, f.deployed_at) AS DATE)
    AND COALESCE(c.merged_at, f.deployed_at) >= d.starts_at
    AND COALESCE(c.merged_at, f.deployed_at) < d.ends_at
LEFT JOIN person_spans p ON p.person = c.author AND d.day >= p.from_day AND d.day < p.until_day
WHERE NOT c.is_bot
