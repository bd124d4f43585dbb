//! Evidence of who or what wrote a line.
