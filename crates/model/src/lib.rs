//! The nouns of Candor: what an origin is, how strong evidence is, what a context is; and how text of others is shown. No I/O.

pub mod evidence;
pub mod text;

pub use evidence::{Evidence, EvidenceLevel, Mode, Origin, Strength};
