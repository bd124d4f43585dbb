//! Events per exposure: Poisson, over-dispersed and clustered.
