//! What an organisation tells of itself: the tables that people fill, how their files are read and checked, and its description.
//!
//! [`TABLES`] is the one list of tables and columns. [`read`] makes a file into typed [`Rows`] and says everything that is wrong with
//! it; [`check`] compares the files of an import with each other and with what the lake holds. Nothing here writes anything.

mod cell;
mod check;
mod codes;
mod contract;
mod days;
mod fault;
mod held;
mod list;
mod organisation;
mod read;
mod records;
mod rows;
mod rules;
mod settings;
mod spreadsheet;

pub use check::check;
pub use contract::{Column, Range, Stored, Table, Target, Type};
pub use days::DayOrder;
pub use fault::{Fault, FaultKind, TOLD, nearest};
pub use held::{Held, Parent, PersonKey, Spell, folded};
pub use list::{BUSINESSES, CONTEXTS, LEVELS, SEVERITIES, TABLES, table};
pub use organisation::{DescribedRepository, DescriptionError, Organisation};
pub use read::{File, header, read, read_text};
pub use rows::{Cells, Rows, Value};
pub use settings::{Dialect, Settings};
pub use spreadsheet::{Spreadsheet, Told, first_rows, spreadsheet};
