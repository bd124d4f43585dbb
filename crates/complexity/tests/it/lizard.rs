//! The fixtures: cyclomatic complexity as lizard 1.24.3 counts it, but where a reason stands beside it; cognitive by hand.

use std::collections::BTreeMap;
use std::path::Path;

use candor_complexity::{Language, measure};

#[test]
fn every_function_of_the_samples_has_its_expected_figures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let list = std::fs::read_to_string(folder.join("expected.csv")).unwrap();
    let mut expected: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for line in list.lines().skip(1) {
        let cells: Vec<&str> = line.splitn(8, ',').collect();
        let [file, name, start, end, lizard, cyclomatic, cognitive, why] = cells[..] else { panic!("{line}: eight cells") };
        assert_eq!(lizard == cyclomatic, why.is_empty(), "{line}: a difference from lizard has a reason, and only a difference");
        expected.entry(file).or_default().push(format!("{name} {start}-{end}: {cyclomatic}, {cognitive}"));
    }
    assert_eq!(expected.len(), 13, "a sample for each language, and one for TypeScript with JSX");
    for (file, rows) in expected {
        let language = Language::of_path(file.as_bytes()).unwrap();
        let functions = measure(language, &std::fs::read(folder.join(file)).unwrap()).unwrap();
        assert!(functions.iter().all(|function| !function.is_broken), "{file}: a function with a fault of syntax");
        let found: Vec<String> = functions
            .iter()
            .map(|one| format!("{} {}-{}: {}, {}", one.name, one.start, one.end, one.cyclomatic, one.cognitive))
            .collect();
        assert_eq!(found, rows, "{file}");
    }
}
