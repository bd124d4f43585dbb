//! Noise and its account for figures that leave the house.
