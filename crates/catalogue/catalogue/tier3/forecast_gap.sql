/*
id = "forecast_gap"
version = 1
tier = 3
cadence = "month"
question = "How far is what people forecast before a task from what was measured with the same people?"
definition = "100 x (forecast - measured), in percentage points of time saved. measured = 1 - exp(b) of task_rct; forecast = 1 - forecast minutes with AI / without, mean over people of their mean over the analysed tasks."
source = "Becker et al. 2025 (METR): forecast 24 %, measured 19 % slower: a gap of 43 points"
caveats = "Never mixed with perception_gap (afterwards)."
needs = ["tasks", "assignments"]
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
SELECT * FROM experiment_rows WHERE kind = 'task'
