# Times R's survival package on the rows that `survival_speed --csv FILE` wrote: clustered Kaplan-Meier with the joint difference of two
# arms, then Cox regression with errors by cluster.
# Usage: Rscript benches/stats/survival.R FILE [UNITS_PER_DAY [km|cox|cox-naive [ROWS]]]   (86400 for a file in seconds)
# `cox-naive` takes rows as independent: with clusters, the time that version 3.5-3 takes grows with the square of the rows.
# Debian: r-base-core, r-cran-survival.
suppressPackageStartupMessages(library(survival))
arguments <- commandArgs(trailingOnly = TRUE)
day <- if (length(arguments) > 1) as.numeric(arguments[2]) else 1
part <- if (length(arguments) > 2) arguments[3] else "km"
most <- if (length(arguments) > 3) as.numeric(arguments[4]) else Inf
started <- proc.time()[["elapsed"]]
rows <- read.csv(arguments[1], colClasses = c("numeric", "integer", "numeric", "integer", "numeric", "numeric", "numeric"))
rows <- head(rows, min(most, nrow(rows)))
cat(sprintf("R %s, survival %s\n%.3f s  reading %d rows, not counted below\n", getRversion(), packageVersion("survival"),
            proc.time()[["elapsed"]] - started, nrow(rows)))
figure <- function(name, point, error) cat(sprintf("  %-18s %.10f  standard error %.10f\n", name, point, error))

if (part == "km") {
  horizons <- c(30, 60, 90)
  split <- lapply(c(1, 0), function(arm) rows[rows$arm == arm, ])
  started <- proc.time()[["elapsed"]]
  # One fit per arm: the influence of the authors on the curve of each arm is kept, because the same authors are in both.
  arms <- lapply(split, function(own) {
    fit <- survfit(Surv(time, died) ~ 1, data = own, weights = weight, cluster = author, influence = 1)
    at <- findInterval(horizons * day, fit$time)
    influence <- fit$influence.surv[, at, drop = FALSE]
    list(authors = sort(unique(own$author)), point = fit$surv[at], influence = influence)
  })
  authors <- sort(union(arms[[1]]$authors, arms[[2]]$authors))
  joint <- matrix(0, length(authors), length(horizons))
  for (side in 1:2) {
    place <- match(arms[[side]]$authors, authors)
    joint[place, ] <- joint[place, ] + c(1, -1)[side] * arms[[side]]$influence
  }
  errors <- sqrt(colSums(joint^2))
  cat(sprintf("%.3f s  Kaplan-Meier of both arms, by author, and their difference at 30, 60 and 90 days\n",
              proc.time()[["elapsed"]] - started))
  for (side in 1:2) for (h in seq_along(horizons)) {
    figure(sprintf("S %s at %g", c("exposed", "control")[side], horizons[h]), arms[[side]]$point[h],
           sqrt(sum(arms[[side]]$influence[, h]^2)))
  }
  for (h in seq_along(horizons)) {
    figure(sprintf("difference at %g", horizons[h]), arms[[1]]$point[h] - arms[[2]]$point[h], errors[h])
  }
}

if (part %in% c("cox", "cox-naive")) {
  started <- proc.time()[["elapsed"]]
  fit <- if (part == "cox") {
    coxph(Surv(time, died) ~ arm + size + tenure, data = rows, weights = weight, cluster = author, ties = "efron")
  } else {
    coxph(Surv(time, died) ~ arm + size + tenure, data = rows, weights = weight, robust = FALSE, ties = "efron")
  }
  cat(sprintf("%.3f s  Cox regression, Efron's ties, errors %s\n", proc.time()[["elapsed"]] - started,
              if (part == "cox") "by author" else "that take rows as independent"))
  errors <- sqrt(diag(fit$var))
  for (at in seq_along(coef(fit))) figure(names(coef(fit))[at], coef(fit)[[at]], errors[at])
  cat(sprintf("  log likelihood %.4f, concordance %.8f\n", fit$loglik[2], fit$concordance[["concordance"]]))
}
