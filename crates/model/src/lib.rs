//! The nouns of Candor: what an origin is, how strong evidence is, what a context is. No I/O.

pub mod evidence;

pub use evidence::{Evidence, EvidenceLevel, Mode, Origin, Strength};
