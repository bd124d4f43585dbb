/*
id = "agent_autonomy"
version = 1
tier = 3
cadence = "day"
question = "How much is committed by agents that open changes themselves?"
definition = "Commits of agent identity in changes that an agent opened / all commits of the changes merged in the period, bots' left out."
source = "Candor"
caveats = "Agents that commit under a person's name are not seen. More is neither better nor worse."
needs = ["landings"]
slices = ["level", "team", "repo", "context", "business"]
min_people = 5

[[figure]]
name = ""
unit = "share of commits"
direction = "neither"
estimator = "ratio"
numerator = "autonomous_commits"
denominator = "commits"
*/
SELECT
    l.unit,
    l.cluster,
    l.person,
    at,
    level,
    team,
    repo,
    context,
    business,
    CASE WHEN opened_by_agent THEN CAST(agent_commits AS DOUBLE) ELSE 0.0 END AS autonomous_commits,
    CAST(commits AS DOUBLE) AS commits
FROM counted_landings l
WHERE change IS NOT NULL
