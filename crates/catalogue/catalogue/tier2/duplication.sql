/*
id = "duplication"
version = 1
tier = 2
cadence = "week"
question = "How much of what lands repeats what is already there?"
definition = "Added countable lines, not bots', inside a block of 6 or more lines (white space normalised, blank lines skipped) that occurs elsewhere in the tree after the landing / added countable lines."
source = "Candor"
caveats = "Copies with renamed names are not found. Tables and test fixtures repeat by nature."
needs = ["landings"]
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = ""
unit = "share of added lines"
direction = "lower"
estimator = "ratio"
numerator = "duplicated_lines"
denominator = "n_lines"
*/
SELECT
    l.unit,
    l.cluster,
    l.person,
    at,
    source,
    level,
    team,
    repo,
    context,
    business,
    CAST(duplicated_lines AS DOUBLE) AS duplicated_lines,
    CASE WHEN duplicated_lines IS NOT NULL THEN CAST(n_lines AS DOUBLE) END AS n_lines
FROM counted_landings l
