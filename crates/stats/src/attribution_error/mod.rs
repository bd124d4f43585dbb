//! What an imperfect AI / human label does to a figure, and how far it can be repaired.

pub mod accuracy;
pub mod bounds;
pub mod groups;
pub mod rogan_gladen;
pub mod two_by_two;

pub use accuracy::{Accuracy, Audit};
