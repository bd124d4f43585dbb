//! Skewed durations: geometric means, quantiles and rank tests, without pretending that they are normal.
