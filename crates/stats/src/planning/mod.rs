//! What a study can detect before it starts.
