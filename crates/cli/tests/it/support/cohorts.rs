//! Reads what `candor export lines` prints and compares it as `fixtures/histories/README.md` says: rows are added up by their
//! key, their order does not matter, and further columns may follow the eight promised ones.

use std::collections::{BTreeMap, BTreeSet};

/// The columns that the export must begin with.
pub const HEADER: [&str; 8] = ["landing", "origin", "path_at_birth", "landed_at", "death", "died_at", "killer_origin", "n_lines"];

/// The key of a row: lines that share all of it are one cohort.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cohort {
    pub landing: String,
    pub origin: String,
    pub path: String,
    pub landed_at: String,
    /// Empty for lines that are alive at the tip, as are `died_at` and `killer_origin`.
    pub death: String,
    pub died_at: String,
    pub killer_origin: String,
}

/// How many lines a cohort holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub lines: u64,
    /// Lines that hold a letter or a digit; 0 where the column is missing.
    pub substantive: u64,
    /// Lines that are marked as born before the observation began; 0 where the column is missing.
    pub before_observation: u64,
}

/// All rows of an export, added up by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cohorts {
    pub rows: BTreeMap<Cohort, Count>,
    pub has_substantive: bool,
    pub has_before_observation: bool,
}

impl Cohorts {
    /// Reads the CSV.
    ///
    /// # Errors
    /// A sentence with the number of the row, when the header, a number, an id, a time or the three columns of death are not as promised.
    pub fn parse(bytes: &[u8]) -> Result<Cohorts, String> {
        if !bytes.ends_with(b"\n") {
            return Err("the CSV does not end with a line feed (is the header line missing?)".to_owned());
        }
        let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
        let header = reader.headers().map_err(|e| e.to_string())?.clone();
        if header.iter().take(8).ne(HEADER) {
            return Err(format!("the header must begin with {}, it is {header:?}", HEADER.join(",")));
        }
        let column = |name: &str| header.iter().position(|h| h == name);
        let (substantive, before) = (column("n_substantive"), column("before_observation"));
        let mut all =
            Cohorts { has_substantive: substantive.is_some(), has_before_observation: before.is_some(), ..Cohorts::default() };
        for (i, record) in reader.records().enumerate() {
            let at = |what: String| format!("row {}: {what}", i + 2);
            let record = record.map_err(|e| at(e.to_string()))?;
            let field = |n: usize| record.get(n).unwrap_or_default().to_owned();
            let number = |n: usize| field(n).parse::<u64>().map_err(|_| at(format!("`{}` is no number of lines", field(n))));
            let row = Cohort {
                landing: field(0),
                origin: field(1),
                path: field(2),
                landed_at: field(3),
                death: field(4),
                died_at: field(5),
                killer_origin: field(6),
            };
            row.check().map_err(at)?;
            let lines = number(7)?;
            if lines == 0 {
                return Err(at("a cohort of 0 lines".to_owned()));
            }
            let count = all.rows.entry(row).or_default();
            count.lines += lines;
            if let Some(n) = substantive {
                let some = number(n)?;
                if some > lines {
                    return Err(at(format!("{some} substantive lines of {lines}")));
                }
                count.substantive += some;
            }
            if before.is_some_and(|n| field(n) == "true") {
                count.before_observation += lines;
            }
        }
        Ok(all)
    }

    /// Lines that ever landed.
    pub fn landed(&self) -> u64 {
        self.sum(|_| true)
    }

    /// Lines that are alive at the tip.
    pub fn alive(&self) -> u64 {
        self.sum(|row| row.death.is_empty())
    }

    /// Lines of all rows that `keep` keeps.
    pub fn sum(&self, keep: impl Fn(&Cohort) -> bool) -> u64 {
        self.rows.iter().filter(|(row, _)| keep(row)).map(|(_, n)| n.lines).sum()
    }

    /// Substantive lines of all rows that `keep` keeps.
    pub fn sum_substantive(&self, keep: impl Fn(&Cohort) -> bool) -> u64 {
        self.rows.iter().filter(|(row, _)| keep(row)).map(|(_, n)| n.substantive).sum()
    }

    /// Only the rows that `keep` keeps.
    pub fn filter(&self, keep: impl Fn(&Cohort) -> bool) -> Cohorts {
        let rows = self.rows.iter().filter(|(row, _)| keep(row)).map(|(row, n)| (row.clone(), *n)).collect();
        Cohorts { rows, ..*self }
    }

    /// Compares number of lines by key; gives nothing when equal, else the missing and the extra rows, with commits named by `names`.
    pub fn difference(expected: &Cohorts, got: &Cohorts, names: &Names) -> Option<String> {
        let keys: BTreeSet<&Cohort> = expected.rows.keys().chain(got.rows.keys()).collect();
        let mut text = String::new();
        let mut more = 0;
        for key in keys {
            let [want, have] = [expected, got].map(|side| side.rows.get(key).map_or(0, |n| n.lines));
            if want == have {
                continue;
            }
            if text.lines().count() >= 40 {
                more += 1;
                continue;
            }
            let what = match (want, have) {
                (_, 0) => format!("missing  {want} lines"),
                (0, _) => format!("extra    {have} lines"),
                _ => format!("expected {want} lines, got {have}"),
            };
            text += &format!("    {what}: {}\n", names.row(key));
        }
        if more > 0 {
            text += &format!("    and {more} more rows\n");
        }
        (!text.is_empty()).then_some(text)
    }

    /// Compares only what lands and dies in each commit, and what is alive: for histories whose rows depend on the diff.
    pub fn difference_in_totals(expected: &Cohorts, got: &Cohorts, names: &Names) -> Option<String> {
        let mut text = String::new();
        let mut compare = |what: &str, pick: fn(&Cohort) -> &str| {
            let [want, have] = [expected, got].map(|side| {
                let mut by_commit: BTreeMap<&str, u64> = BTreeMap::new();
                side.rows.iter().for_each(|(row, n)| *by_commit.entry(pick(row)).or_default() += n.lines);
                by_commit
            });
            for commit in want.keys().chain(have.keys()).collect::<BTreeSet<_>>() {
                let [w, h] = [&want, &have].map(|m| m.get(commit).copied().unwrap_or(0));
                if w != h {
                    text += &format!("    {what} {}: expected {w} lines, got {h}\n", names.commit(commit));
                }
            }
        };
        compare("landed in", |row| &row.landing);
        compare("died in", |row| &row.death);
        (!text.is_empty()).then_some(text)
    }
}

impl Cohort {
    fn check(&self) -> Result<(), String> {
        let id = |text: &str| matches!(text.len(), 40 | 64) && text.bytes().all(|b| b"0123456789abcdef".contains(&b));
        let alive = [&self.death, &self.died_at, &self.killer_origin].map(|f| f.is_empty());
        if alive != [true; 3] && alive != [false; 3] {
            return Err("death, died_at and killer_origin must be all empty or all set".to_owned());
        }
        let ids = [&self.landing, &self.origin, &self.death, &self.killer_origin];
        if let Some(bad) = ids.iter().skip(if alive[0] { 4 } else { 0 }).chain(&ids[..2]).find(|t| !id(t)) {
            return Err(format!("`{bad}` is no full object id"));
        }
        for time in [&self.landed_at, &self.died_at].into_iter().take(if alive[0] { 1 } else { 2 }) {
            if !time.ends_with('Z') || time.contains('.') || seconds(time).is_none() {
                return Err(format!("`{time}` is no RFC 3339 time in UTC with whole seconds"));
            }
        }
        Ok(())
    }

    /// Age at death, in seconds; none for lines that are alive.
    pub fn age_at_death(&self) -> Option<i64> {
        Some(seconds(&self.died_at)? - seconds(&self.landed_at)?)
    }
}

/// Seconds since 1970 of an RFC 3339 time.
pub fn seconds(time: &str) -> Option<i64> {
    time.parse::<jiff::Timestamp>().ok().map(|t| t.as_second())
}

/// Readable names of commits.
#[derive(Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// From labels: name to commit id.
    pub fn from_labels(labels: &BTreeMap<String, String>) -> Names {
        Names(labels.iter().map(|(name, id)| (id.clone(), name.clone())).collect())
    }

    /// The label of a commit with the start of its id.
    pub fn commit(&self, id: &str) -> String {
        match (id, self.0.get(id)) {
            ("", _) => "no commit (alive)".to_owned(),
            (_, Some(name)) => format!("{name} ({})", &id[..7]),
            _ => id.chars().take(10).collect(),
        }
    }

    fn row(&self, row: &Cohort) -> String {
        let (landing, origin) = (self.commit(&row.landing), self.commit(&row.origin));
        let born = format!("{:?} landed in {landing} at {}, origin {origin}", row.path, row.landed_at);
        if row.death.is_empty() {
            return format!("{born}; alive");
        }
        format!("{born}; died in {} at {}, killer {}", self.commit(&row.death), row.died_at, self.commit(&row.killer_origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn csv(rows: &str) -> String {
        format!("{}\n{rows}", HEADER.join(",")).replace("AA", A)
    }

    #[test]
    fn split_rows_are_added_up_and_order_does_not_matter() {
        let one = csv("AA,AA,f,2023-11-24T22:13:20Z,,,,5\nAA,AA,g,2023-11-24T22:13:20Z,,,,1\n");
        let two =
            csv("AA,AA,g,2023-11-24T22:13:20Z,,,,1\nAA,AA,f,2023-11-24T22:13:20Z,,,,2\nAA,AA,f,2023-11-24T22:13:20Z,,,,3\n");
        let [one, two] = [one, two].map(|text| Cohorts::parse(text.as_bytes()).unwrap());
        assert_eq!(Cohorts::difference(&one, &two, &Names::default()), None);
    }

    #[test]
    fn a_lost_row_a_new_row_and_another_number_are_told() {
        let one = csv("AA,AA,f,2023-11-24T22:13:20Z,,,,5\nAA,AA,g,2023-11-24T22:13:20Z,,,,1\n");
        let two = csv("AA,AA,f,2023-11-24T22:13:20Z,,,,4\nAA,AA,h,2023-11-24T22:13:20Z,,,,1\n");
        let [one, two] = [one, two].map(|text| Cohorts::parse(text.as_bytes()).unwrap());
        let told = Cohorts::difference(&one, &two, &Names::default()).unwrap();
        for part in ["expected 5 lines, got 4", "missing  1 lines: \"g\"", "extra    1 lines: \"h\""] {
            assert!(told.contains(part), "{part} is not in\n{told}");
        }
    }

    #[test]
    fn malformed_rows_are_refused() {
        for (rows, why) in [
            ("AA,AA,f,2023-11-24T22:13:20+00:00,,,,5\n", "RFC 3339"),
            ("AA,AA,f,2023-11-24T22:13:20Z,AA,,,5\n", "all empty or all set"),
            ("AA,abc,f,2023-11-24T22:13:20Z,,,,5\n", "no full object id"),
            ("AA,AA,f,2023-11-24T22:13:20Z,,,,0\n", "0 lines"),
            ("AA,AA,f,2023-11-24T22:13:20Z,,,,x\n", "no number"),
        ] {
            let told = Cohorts::parse(csv(rows).as_bytes()).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
        assert!(Cohorts::parse(b"").is_err());
    }
}
