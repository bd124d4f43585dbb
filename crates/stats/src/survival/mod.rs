//! How long code, changes and careers last: curves, tests and regressions for times that may be censored.
