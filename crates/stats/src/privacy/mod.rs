//! Noise and its account for figures that leave the house.

pub mod account;
pub mod accuracy;
pub mod conversion;
pub mod decimal;
#[cfg(feature = "privacy")]
pub mod noise;
