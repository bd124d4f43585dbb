/*
id = "task_rct"
version = 1
tier = 3
cadence = "month"
question = "Do tasks take longer or shorter when AI is allowed, as drawn by lot?"
definition = "Tasks with status done: log(actual + post-review minutes) on the arm as assigned (never as complied) and log(forecast minutes without AI); an unrecorded post-review is the mean of its arm. effect = exp(b) - 1, above 0 = slower with AI. Dropped tasks by arm and the sample-ratio test (chi-square, 1:1) come first. Error: CR2 by person with Satterthwaite degrees of freedom; CR1S and HC3 for comparison."
source = "Becker et al. 2025 (METR) for the design; Bell and McCaffrey 2002, Pustejovsky and Tipton 2018 for the error"
caveats = "Holds for these people, tasks and tools. Dropped tasks that differ by arm bias it. Minutes are active work, not elapsed time."
needs = ["tasks", "assignments"]
slices = []
per = ["experiment"]
all_time = true

[[figure]]
name = "effect"
unit = "share of time"
direction = "lower"
estimator = "composed"
periods = []
*/
SELECT * FROM experiment_rows WHERE kind = 'task'
