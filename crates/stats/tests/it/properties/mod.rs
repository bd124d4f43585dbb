//! What must hold whatever the data: order, splitting, relabelling, scaling, bounds.

mod attribution_error;
mod clusters;
mod designs;
mod draws;
mod durations;
mod looks;
mod planning;
mod pooling;
mod privacy;
mod proportions;
mod rates;
mod ratios;
mod regression;
mod survival;
