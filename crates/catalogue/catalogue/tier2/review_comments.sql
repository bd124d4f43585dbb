/*
id = "review_comments"
version = 1
tier = 2
cadence = "week"
question = "How much do reviewers have to say about a change?"
definition = "Review comments (replies too) by people and outsiders other than the author, at or before the merge: per change merged in the period, unreviewed changes with 0, and per 100 added plus deleted lines (changes without counted lines are left out of the second). Sum over sum, bots left out."
source = "Candor"
caveats = "Many comments can be care or trouble. Verdicts without a comment are not in it: see review_rounds. Comments of AI reviewers are in ai_review_share."
needs = ["pull_requests", "review_comments"]
slices = ["source", "level", "team", "repo", "context", "business"]

[[figure]]
name = "per_pr"
unit = "comments / change"
direction = "lower"
estimator = "ratio"
numerator = "comments"
denominator = "one"

[[figure]]
name = "per_100_lines"
unit = "comments / 100 lines"
direction = "lower"
estimator = "ratio"
numerator = "comments"
denominator = "lines"
scale = 100.0
*/
SELECT
    change AS unit,
    author AS cluster,
    author AS person,
    at,
    source,
    level,
    team,
    repo,
    context,
    business,
    CAST(comments AS DOUBLE) AS comments,
    1.0 AS one,
    CAST(lines AS DOUBLE) AS lines
FROM reviewed_changes
