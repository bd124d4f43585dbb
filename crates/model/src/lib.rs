//! The nouns of Candor.
