//! Empty, degenerate and absurd input: an estimate, a reason or an error that names the argument, never a panic or a NaN.

mod attribution_error;
mod clusters;
mod designs;
mod durations;
mod looks;
mod planning;
mod pooling;
mod privacy;
mod proportions;
mod rates;
mod ratios;
mod regression;
mod soundness;
mod survival;
