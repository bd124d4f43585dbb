//! Ratios of sums over clustered units, for example review comments per changed line.
