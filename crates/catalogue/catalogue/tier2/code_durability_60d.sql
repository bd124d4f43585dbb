/*
id = "code_durability_60d"
version = 1
tier = 2
cadence = "week"
question = "How much of the code that lands is still unchanged after 60 days?"
definition = "Substantive countable lines landed on the default branch in the period, not by bots. Birth is the landing; death is any change or removal by anybody, moves, renames, pure white-space changes and re-landed reverts aside. Kaplan-Meier S(60) in real days, weighted by lines, clustered by the author of the line. Source is that of the line; landing_source slices by the class of the whole landing. by_landing: the same with every landing weighing the same."
source = "Candor; Kaplan and Meier 1958"
caveats = "Lines younger than 60 days are censored, never dropped. A line that changes is not thereby wrong: it may be worked on. A few large landings can carry the figure: read by_landing beside it."
needs = ["lines"]
slices = ["source", "landing_source", "level", "team", "repo", "context", "business", "tool", "language"]

[[figure]]
name = ""
unit = "share of lines"
direction = "higher"
estimator = "survival"
duration = "days"
event = "died"
weight = "weight"
at_time = 60.0
report = "survival"
follow_up_days = 60

[[figure]]
name = "by_landing"
unit = "share of lines"
direction = "higher"
estimator = "survival"
duration = "days"
event = "died"
weight = "landing_weight"
at_time = 60.0
report = "survival"
follow_up_days = 60
*/
SELECT * FROM line_lives
