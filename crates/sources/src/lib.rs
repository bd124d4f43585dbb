//! What is outside, turned into facts: one folder per vendor.
