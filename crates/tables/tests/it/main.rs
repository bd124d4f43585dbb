//! The contract held against whole organisations: `fixtures/org_small`, or the folder that `CANDOR_ORG` names.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod folder;
mod generated;
mod organisation_files;
mod records;
mod rules;
