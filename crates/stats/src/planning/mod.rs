//! What a study can detect before it starts.

pub mod cluster_power;
pub mod intra_cluster;
mod noncentral;
pub mod proportion_power;
pub mod simulation;
pub mod survival_power;
pub mod t_power;
