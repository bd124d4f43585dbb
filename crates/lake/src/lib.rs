//! Facts at rest: schemas, Delta tables, pinned snapshots.
