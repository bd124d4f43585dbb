//! An organisation in a folder of CSV files, one of which can be replaced.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candor_tables::{Fault, File, Held, Settings, TABLES, check, read};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

/// A folder of files and what its `org.json` says.
pub struct Folder {
    pub path: PathBuf,
    pub files: BTreeMap<&'static str, Vec<u8>>,
    pub settings: Settings,
    /// The files as they were read.
    own: Vec<File>,
}

impl Folder {
    pub fn open() -> Self {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/org_small");
        let path = std::env::var_os("CANDOR_ORG").map_or(own, PathBuf::from);
        let text = std::fs::read_to_string(path.join("org.json")).unwrap();
        let org: Value = serde_json::from_str(&text).unwrap();
        let files = TABLES
            .iter()
            .filter_map(|table| Some((table.name, std::fs::read(path.join(format!("{}.csv", table.name))).ok()?)))
            .collect();
        let settings = Settings {
            currency: org["currency"].as_str().unwrap().to_owned(),
            zone: TimeZone::get(org["timezone"].as_str().unwrap()).unwrap(),
            // A day after the last one, so that nothing of the folder lies ahead.
            now: org["as_of_utc"].as_str().unwrap().parse::<Timestamp>().unwrap(),
            assumed_zone: None,
        };
        let files: BTreeMap<&'static str, Vec<u8>> = files;
        let own = TABLES
            .iter()
            .filter_map(|known| Some(read(&format!("{}.csv", known.name), known, files.get(known.name)?, &settings)))
            .collect();
        Self { path, files, settings, own }
    }

    /// Faults and row counts of all files, with `table` read from `bytes` under `name`.
    pub fn with(&self, table: &str, name: &str, bytes: &[u8]) -> BTreeMap<&'static str, Outcome> {
        let mut files = self.own.clone();
        files.retain(|file| file.rows.table.name != table);
        let known = candor_tables::table(table).unwrap();
        files.push(read(name, known, bytes, &self.settings));
        check(&mut files, &mut Held::default(), &|id| id.to_owned());
        files.into_iter().map(|file| (file.rows.table.name, Outcome { rows: file.rows.len(), faults: file.faults })).collect()
    }
}

/// What became of a file.
pub struct Outcome {
    pub rows: usize,
    pub faults: Vec<Fault>,
}

pub fn shown(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
