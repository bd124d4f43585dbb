//! Least squares with the variances that hold for clustered or serial data.
