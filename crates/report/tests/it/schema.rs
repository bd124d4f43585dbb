//! The page on the schema is made from the structs themselves, and the structs are what the JSON holds.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use candor_report::json;

use super::screen::{plain, unattributed};

/// One struct of the document: name, meaning, fields as (name, type, meaning).
struct Part {
    name: String,
    meaning: String,
    fields: Vec<(String, String, String)>,
}

/// Reads public structs and their doc comments from Rust source in our own format.
fn parts(source: &str) -> Vec<Part> {
    let (mut parts, mut comment, mut open) = (Vec::<Part>::new(), String::new(), false);
    for line in source.lines() {
        let text = line.trim();
        if let Some(more) = text.strip_prefix("///") {
            if !comment.is_empty() {
                comment.push(' ');
            }
            comment.push_str(more.trim());
        } else if let Some(name) = text.strip_prefix("pub struct ").and_then(|rest| rest.strip_suffix(" {")) {
            parts.push(Part { name: name.to_string(), meaning: std::mem::take(&mut comment), fields: Vec::new() });
            open = true;
        } else if let Some((name, kind)) =
            text.strip_prefix("pub ").and_then(|rest| rest.trim_end_matches(',').split_once(": ")).filter(|_| open)
        {
            parts.last_mut().unwrap().fields.push((name.to_string(), kind.to_string(), std::mem::take(&mut comment)));
        } else if text == "}" {
            open = false;
            comment.clear();
        } else if !text.starts_with("#[") {
            comment.clear();
        }
    }
    parts
}

/// A Rust type in the words of JSON.
fn kind(rust: &str) -> String {
    if let Some(inner) = rust.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>')) {
        return format!("{} or null", kind(inner));
    }
    if let Some(inner) = rust.strip_prefix("Vec<").and_then(|rest| rest.strip_suffix('>')) {
        return format!("list of {}", kind(inner));
    }
    match rust {
        "String" => "text".to_string(),
        "bool" => "true or false".to_string(),
        "f64" => "number".to_string(),
        "u32" | "u64" | "usize" => "whole number".to_string(),
        "Maturity" => "`closed` or `open`".to_string(),
        name => format!("[{name}](#{})", name.to_lowercase()),
    }
}

fn all_parts() -> Vec<Part> {
    let mut all = parts(include_str!("../../../metrics/src/document.rs"));
    all.extend(parts(include_str!("../../../stats/src/outcome.rs")));
    all
}

fn page() -> String {
    let plain_links = |text: &str| text.replace("[`", "`").replace("`]", "`").replace("](crate::", "](").replace('|', "\\|");
    let mut page = String::from(
        "# The JSON of a report: `candor-report/1`\n\n\
         Made from the structs of the document by a test (`CANDOR_BLESS=1` writes it anew); do not edit it by hand.\n\n\
         Shares and probabilities are 0 to 1, differences of shares too (0.05 = 5 percentage points); a day has 86,400 seconds; instants are\n\
         RFC 3339 in UTC. Fields are only added within a version; a field that changes its meaning, or goes, changes the number in `schema`.\n\
         A figure that cannot be given is an object that says why, never 0 and never left out.\n\n\
         ## Outcome\n\n\
         Every figure is an object with `kind`:\n\n\
         | `kind` | further fields |\n| --- | --- |\n\
         | `estimate` | those of [Estimate](#estimate) |\n\
         | `insufficient` | `have`, `need`, `reason`: what there was, what it takes, one sentence |\n\
         | `not_applicable` | `reason`: why the question makes no sense here |\n",
    );
    for part in all_parts() {
        let _ = write!(
            page,
            "\n## {}\n\n{}\n\n| field | type | meaning |\n| --- | --- | --- |\n",
            part.name,
            plain_links(&part.meaning)
        );
        for (name, rust, meaning) in &part.fields {
            let _ = writeln!(page, "| `{name}` | {} | {} |", kind(rust), plain_links(meaning));
        }
    }
    page
}

#[test]
fn the_page_on_the_schema_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/report-schema.md");
    let made = page();
    if std::env::var_os("CANDOR_BLESS").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == made, "docs/report-schema.md is not what the structs say; write it anew with CANDOR_BLESS=1");
}

#[test]
fn the_json_holds_what_the_page_says_and_nothing_else() {
    let mut documented: BTreeSet<String> = ["kind", "have", "need", "reason"].map(String::from).into();
    documented.extend(all_parts().into_iter().flat_map(|part| part.fields.into_iter().map(|(name, _, _)| name)));
    let mut used = BTreeSet::new();
    for report in [plain(), unattributed()] {
        let value: serde_json::Value = serde_json::from_str(&json(&report).unwrap()).unwrap();
        keys(&value, &mut used);
    }
    let unknown: Vec<_> = used.difference(&documented).collect();
    let absent: Vec<_> = documented.difference(&used).filter(|name| *name != "warnings").collect();
    assert!(unknown.is_empty(), "in the JSON, but not on the page: {unknown:?}");
    assert!(absent.is_empty(), "on the page, but not in the JSON: {absent:?}");
}

fn keys(value: &serde_json::Value, used: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                used.insert(key.clone());
                keys(value, used);
            }
        }
        serde_json::Value::Array(list) => list.iter().for_each(|value| keys(value, used)),
        _ => {}
    }
}
