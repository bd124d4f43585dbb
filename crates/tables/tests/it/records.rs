//! Records and their lines against an independent reader of the same grammar.

use candor_tables::{File, Settings, read, table};
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn settings() -> Settings {
    Settings { currency: "EUR".to_owned(), zone: TimeZone::UTC, now: "2026-01-01T00:00:00Z".parse().unwrap(), assumed_zone: None }
}

fn text_of(file: &File) -> Vec<(u64, Vec<String>)> {
    (0..file.rows.len())
        .map(|row| (u64::from(file.rows.lines[row]), (0..2).map(|column| file.raw(row, column)).collect()))
        .collect()
}

/// Cells that need no quotes or have them, with everything in them that quotes are for.
fn cell() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec!["a", "ö", " ", ",", ";", "\n", "\r\n", "\"", "\t", "x_", "0"]);
    prop::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn records_are_those_of_another_reader(
        rows in prop::collection::vec((cell(), cell(), 0_usize..3, any::<bool>()), 0..8), crlf in any::<bool>(), last in any::<bool>(),
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let quote = |cell: &str, always: bool| {
            let needs = always || cell.contains([',', '"', '\n', '\r']);
            if needs { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
        };
        let mut text = format!("person,name{end}");
        let mut expected = Vec::new();
        for (index, (id, name, empty_lines, always)) in rows.iter().enumerate() {
            text.push_str(&end.repeat(*empty_lines));
            let line = text.matches('\n').count() as u64 + 1;
            // An id of its own, so that no row repeats another one.
            let id = format!("{index}{id}");
            text.push_str(&format!("{},{}{end}", quote(&id, *always), quote(name, *always)));
            expected.push((line, vec![id.trim().to_owned(), name.trim().to_owned()]));
        }
        if !last {
            text.truncate(text.len() - end.len());
        }
        let file = read("people.csv", table("people").unwrap(), text.as_bytes(), &settings());
        prop_assert!(file.faults.is_empty(), "{:?}\n{:?}", file.faults, text);
        prop_assert_eq!(text_of(&file), expected.clone(), "{:?}", text);
        let mut other = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let others: Vec<Vec<String>> = other.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        prop_assert_eq!(others, expected.into_iter().map(|(_, cells)| cells).collect::<Vec<_>>(), "{:?}", text);
    }

    #[test]
    fn no_bytes_make_a_panic(bytes in prop::collection::vec(prop::sample::select(b"person,name\"\n\r;\xff\x00 -0129.:TZ+".to_vec()), 0..200)) {
        for name in ["people", "finance", "tasks", "incidents"] {
            let table = table(name).unwrap();
            let header = candor_tables::header(table);
            for text in [bytes.clone(), [header.as_bytes(), b"\n", &bytes].concat()] {
                let _ = read("x.csv", table, &text, &settings());
                if let Ok(sheet) = candor_tables::spreadsheet("x.csv", table, &text, candor_tables::Told::default()) {
                    let _ = candor_tables::read_text("x.csv", table, sheet.text, sheet.dialect, &settings());
                }
            }
        }
    }
}
