/*
id = "perception_gap"
version = 1
tier = 3
cadence = "month"
question = "How far is what people believe after working with AI from what was measured with the same people?"
definition = "100 x (perceived - measured), in percentage points of time saved. measured = 1 - exp(b) of task_rct; perceived: the last answer to perceived_speedup of each participant between the first assignment and 60 days after the last finish, mean over people."
source = "Becker et al. 2025 (METR): belief after 20 %, measured 19 % slower: a gap of 39 points"
caveats = "Never mixed with forecast_gap (before) or with the estimate given task by task."
needs = ["tasks", "assignments", "survey_answers"]
slices = []
per = ["experiment"]
all_time = true
min_people = 5

[[figure]]
name = "percentage_points"
unit = "percentage points"
direction = "lower"
estimator = "composed"
periods = []
*/
SELECT * FROM experiment_rows
