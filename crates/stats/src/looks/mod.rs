//! Looking more than once, at more than one figure, and against a margin.

pub mod confidence_sequence;
pub mod group_sequential;
mod joint_law;
pub mod monitoring;
pub mod multiplicity;
pub mod non_inferiority;
