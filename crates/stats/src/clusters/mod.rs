//! Tests that stay honest with few clusters.
