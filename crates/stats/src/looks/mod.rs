//! Looking more than once, at more than one figure, and against a margin.
