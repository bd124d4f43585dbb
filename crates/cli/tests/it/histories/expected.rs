//! `expected.json` as types; the meaning of each field stands in `fixtures/histories/README.md`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub struct Expected {
    pub schema: String,
    pub script: String,
    pub open: String,
    pub args: Vec<String>,
    pub needs_git: Option<String>,
    pub refuse: Option<Accepted>,
    #[serde(default)]
    pub says: Vec<String>,
    #[serde(default)]
    pub accepted_outcomes: Vec<Accepted>,
    #[serde(flatten)]
    pub state: State,
    #[serde(default)]
    pub attribution: BTreeMap<String, Value>,
    #[serde(default)]
    pub notes: BTreeMap<String, Value>,
    #[serde(default)]
    pub identities: BTreeMap<String, Value>,
    pub then: Option<Then>,
}

/// What must come out of one state of the repository.
#[derive(Deserialize)]
pub struct State {
    pub labels: BTreeMap<String, String>,
    pub strict: Option<Mode>,
    pub default: Option<Mode>,
}

#[derive(Deserialize)]
pub struct Then {
    pub script: String,
    #[serde(flatten)]
    pub state: State,
}

#[derive(Deserialize)]
pub struct Mode {
    pub file: String,
    pub check: String,
    pub aggregates: Aggregates,
    #[serde(default)]
    pub accepted: Vec<AcceptedRows>,
    /// Column name to ids that no row may have there.
    pub forbidden: Option<BTreeMap<String, Vec<String>>>,
}

#[derive(Deserialize)]
pub struct AcceptedRows {
    pub file: String,
    pub why: String,
}

/// A refusal, or another outcome that counts as right.
#[derive(Deserialize)]
pub struct Accepted {
    /// Missing in `refuse`, which is one.
    pub outcome: Option<String>,
    pub exit_code: Option<i32>,
    #[serde(default)]
    pub says: Vec<String>,
    #[serde(default)]
    pub says_one_of: Vec<String>,
    pub file: Option<String>,
    pub rows_checked: Option<RowsChecked>,
}

#[derive(Deserialize)]
pub struct RowsChecked {
    pub paths_except: Option<Vec<String>>,
    pub landings: Option<Vec<String>>,
}

#[derive(Deserialize)]
pub struct Aggregates {
    pub tip_time: String,
    pub lines_landed: u64,
    pub lines_alive: u64,
    pub lines_dead: u64,
    /// Lines of the cut of a shallow clone; their age is not known, so survival is not compared.
    pub before_observation: Option<u64>,
    pub per_commit: Vec<PerCommit>,
    pub survival: Survival,
    pub substantive: Substantive,
}

#[derive(Deserialize)]
pub struct PerCommit {
    pub commit: String,
    pub added: u64,
    pub removed: u64,
    pub alive: u64,
    #[serde(default)]
    pub resumed: u64,
}

#[derive(Deserialize)]
pub struct Substantive {
    pub lines_landed: u64,
    pub lines_alive: u64,
    pub survival: Survival,
}

#[derive(Deserialize)]
pub struct Survival {
    pub n: u64,
    #[serde(rename = "30d")]
    pub d30: At,
    #[serde(rename = "60d")]
    pub d60: At,
    #[serde(rename = "90d")]
    pub d90: At,
}

#[derive(Deserialize)]
pub struct At {
    pub s: f64,
    pub deaths: u64,
    pub at_risk_after: u64,
}
