//! Which observations belong to which group and period.

use std::collections::{BTreeMap, BTreeSet};

use crate::calendar::{Calendar, Period};
use crate::frame::{Frame, NEVER, NONE};

/// Values that a dimension always has, in the order in which they are shown.
const CLOSED: &[(&str, &[&str])] = &[
    ("source", &["human", "ai_light", "ai_heavy", "unknown"]),
    ("level", &["junior", "mid", "senior", "unknown"]),
    ("severity", &["critical", "high", "medium", "low"]),
];
/// Values of the source of a single line.
const LINE_SOURCES: &[&str] = &["human", "ai", "mixed", "unknown"];

/// A group in a period, with its rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    /// Dimension to value; empty = all units together.
    pub(crate) by: BTreeMap<String, String>,
    /// Position of its period.
    pub(crate) period: usize,
    /// Rows of the frame.
    pub(crate) rows: Vec<u32>,
    /// Whether it sums over a dimension that must not be summed over.
    pub(crate) mixed: bool,
}

/// Values of a dimension: the closed ones, and those that occur.
fn values(frame: &Frame, dimension: &str) -> Vec<String> {
    let occurring: BTreeSet<&str> = frame.names.get(dimension).map_or_else(BTreeSet::new, |names| {
        let used: BTreeSet<u32> = names.codes.iter().copied().filter(|code| *code != NONE).collect();
        used.iter().filter_map(|code| names.values.get(*code as usize)).map(String::as_str).collect()
    });
    let closed = CLOSED.iter().find(|(name, _)| *name == dimension).map_or(&[][..], |(_, values)| values);
    // What has the source of its landing beside its own is a line.
    let is_lines = frame.names.contains_key("landing_source");
    let closed = match dimension {
        "source" if is_lines => LINE_SOURCES,
        "landing_source" => CLOSED.first().map_or(&[][..], |(_, values)| *values),
        _ => closed,
    };
    let mut all: Vec<String> = closed.iter().map(|value| (*value).to_owned()).collect();
    all.extend(occurring.iter().filter(|value| !closed.contains(value)).map(|value| (*value).to_owned()));
    all
}

/// The combinations of the values of `per` that occur, each with the places of its values.
fn combinations(frame: &Frame, per: &[String]) -> Vec<Vec<String>> {
    let mut found = BTreeSet::new();
    for row in 0..frame.rows {
        let names: Option<Vec<String>> = per.iter().map(|name| frame.name(name, row).map(str::to_owned)).collect();
        found.extend(names);
    }
    found.into_iter().collect()
}

/// The groups of a frame: for each combination of `per` and each period all units together, and then each combination of `by`.
pub(crate) fn groups(frame: &Frame, per: &[String], by: &[String], periods: &[Period]) -> Vec<Group> {
    let overall = periods.len() == 1;
    let places = Calendar::places(periods, &frame.at);
    let place = |row: usize| match frame.at.get(row) {
        // A row without an instant belongs to no period but to the whole.
        Some(&NEVER) | None => overall.then_some(0),
        Some(_) => places.get(row).copied().filter(|place| *place != NONE).map(|place| place as usize),
    };
    let mut groups = Vec::new();
    let add =
        |keep: &dyn Fn(usize) -> bool, fixed: &BTreeMap<String, String>, by: &[String], mixed: bool, groups: &mut Vec<Group>| {
            let listed: Vec<Vec<String>> = by.iter().map(|dimension| values(frame, dimension)).collect();
            let count: usize = listed.iter().map(Vec::len).product();
            // Codes of the listed values, by dimension.
            let codes: Vec<Vec<Option<u32>>> = by
                .iter()
                .zip(&listed)
                .map(|(dimension, values)| {
                    let names = frame.names.get(dimension);
                    values.iter().map(|value| names.and_then(|names| names.code(value))).collect()
                })
                .collect();
            let slots = if by.is_empty() { 1 } else { 1 + count };
            let mut rows: Vec<Vec<u32>> = vec![Vec::new(); slots * periods.len()];
            // Of each slot: dimensions of which some row says the value itself.
            let mut said: Vec<u32> = vec![0; slots * periods.len()];
            let place_of: Vec<BTreeMap<u32, usize>> = codes
                .iter()
                .map(|codes| codes.iter().enumerate().filter_map(|(at, code)| code.map(|code| (code, at))).collect())
                .collect();
            for row in 0..frame.rows {
                let Some(period) = place(row).filter(|_| keep(row)) else { continue };
                let slot = period * slots;
                if let Some(rows) = rows.get_mut(slot) {
                    rows.push(row as u32);
                }
                if by.is_empty() {
                    continue;
                }
                // Positions of the values that the row belongs to, by dimension; a missing name belongs to all.
                let mut targets: Vec<(usize, u32)> = vec![(0, 0)];
                for (at, dimension) in by.iter().enumerate() {
                    let (values, places) = (listed.get(at).map_or(0, Vec::len), place_of.get(at));
                    let code = frame.names.get(dimension).and_then(|names| names.codes.get(row)).copied().unwrap_or(NONE);
                    let own = places.and_then(|places| places.get(&code)).copied();
                    targets = targets
                        .into_iter()
                        .flat_map(|(target, mask)| match own {
                            Some(own) => vec![(target * values + own, mask | 1 << at)],
                            None if code == NONE => (0..values).map(|value| (target * values + value, mask)).collect(),
                            None => Vec::new(),
                        })
                        .collect();
                }
                for (target, mask) in targets {
                    if let (Some(rows), Some(said)) = (rows.get_mut(slot + 1 + target), said.get_mut(slot + 1 + target)) {
                        rows.push(row as u32);
                        *said |= mask;
                    }
                }
            }
            let all_said = (1_u32 << by.len()) - 1;
            for (index, rows) in rows.into_iter().enumerate() {
                let (period, slot) = (index / slots, index % slots);
                let mut labels = fixed.clone();
                let mut rest = slot.wrapping_sub(1);
                if slot > 0 {
                    for (dimension, values) in by.iter().zip(&listed).rev() {
                        labels.insert(dimension.clone(), values.get(rest % values.len()).cloned().unwrap_or_default());
                        rest /= values.len();
                    }
                }
                // A group of which no row says that it is there has no observation, whatever belongs to all groups.
                let rows = if slot == 0 || said.get(index) == Some(&all_said) { rows } else { Vec::new() };
                groups.push(Group { by: labels, period, rows, mixed });
            }
        };
    if per.is_empty() {
        add(&|_| true, &BTreeMap::new(), by, false, &mut groups);
    } else {
        let combinations = combinations(frame, per);
        if combinations.len() != 1 {
            add(&|_| true, &BTreeMap::new(), &[], combinations.len() > 1, &mut groups);
        }
        for combination in combinations {
            let fixed: BTreeMap<String, String> = per.iter().cloned().zip(combination.iter().cloned()).collect();
            let keep = |row: usize| {
                per.iter().zip(&combination).all(|(name, value)| frame.name(name, row).is_none_or(|own| own == value))
            };
            let by: Vec<String> = by.iter().filter(|dimension| !per.contains(dimension)).cloned().collect();
            add(&keep, &fixed, &by, false, &mut groups);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Names;
    use crate::header::PeriodKind;

    fn names(cells: &[Option<&str>]) -> Names {
        let mut names = Names::default();
        for cell in cells {
            let code = match cell {
                None => NONE,
                Some(text) => names.code(text).unwrap_or_else(|| {
                    names.values.push((*text).to_owned());
                    names.values.len() as u32 - 1
                }),
            };
            names.codes.push(code);
        }
        names
    }

    fn period() -> Period {
        let day = jiff::civil::Date::constant(2025, 1, 1);
        Period { kind: PeriodKind::Overall, name: "overall".into(), first: day, end: day, from: 0, until: 100, whole: true }
    }

    #[test]
    fn a_missing_name_belongs_to_every_value_but_makes_none() {
        let frame = Frame {
            rows: 3,
            at: vec![1, 2, 3],
            names: [("team".to_owned(), names(&[Some("a"), None, Some("b")])), ("source".to_owned(), names(&[None, None, None]))]
                .into(),
            ..Frame::default()
        };
        let found = groups(&frame, &[], &["team".to_owned()], &[period()]);
        let rows =
            |value: &str| found.iter().find(|group| group.by.get("team").is_some_and(|v| v == value)).unwrap().rows.clone();
        assert_eq!((rows("a"), rows("b")), (vec![0, 1], vec![1, 2]));
        assert_eq!(found[0].rows, [0, 1, 2], "all units together come first");
        let found = groups(&frame, &[], &["source".to_owned()], &[period()]);
        assert!(found.iter().skip(1).all(|group| group.rows.is_empty()), "no row says that such a source is there");
    }

    #[test]
    fn two_dimensions_cross() {
        let frame = Frame {
            rows: 2,
            at: vec![1, 2],
            names: [("team".to_owned(), names(&[Some("a"), Some("b")])), ("repo".to_owned(), names(&[Some("x"), Some("y")]))]
                .into(),
            ..Frame::default()
        };
        let found = groups(&frame, &[], &["team".to_owned(), "repo".to_owned()], &[period()]);
        assert_eq!(found.len(), 5);
        let of = |team: &str, repo: &str| {
            found.iter().find(|g| g.by.get("team").is_some_and(|v| v == team) && g.by.get("repo").is_some_and(|v| v == repo))
        };
        assert_eq!(of("a", "x").unwrap().rows, [0]);
        assert_eq!(of("b", "y").unwrap().rows, [1]);
        assert!(of("a", "y").unwrap().rows.is_empty());
    }
}
