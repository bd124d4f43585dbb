//! SARIF 2.1.0: results of scanners, with paths resolved by `originalUriBaseIds` and found in the repository.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::paths::decode;
use super::{About, Paths, ReportError};

/// Findings as a file of the contract.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// `findings.csv`.
    pub csv: String,
    /// How many they are.
    pub rows: usize,
    /// Results without any place in a file, which are left out.
    pub without_place: usize,
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn read(file: &str, bytes: &[u8], about: &About<'_>, paths: &mut Paths<'_>) -> Result<Findings, ReportError> {
    let fault = |line: usize, message: String, hint| ReportError { file: file.to_owned(), line, message, hint };
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    let document: Value = serde_json::from_slice(bytes)
        .map_err(|error| fault(error.line(), error.to_string(), "the file is no JSON: was it cut off?"))?;
    if let Some(version) = text(&document, "/version").filter(|version| !version.starts_with("2.1")) {
        return Err(fault(1, format!("expected SARIF 2.1.0, found version `{version}`"), "let the scanner write SARIF 2.1.0"));
    }
    let mut found = Findings {
        csv: "tool,fingerprint,commit,repo,rule,level,cwe,path,line,first_seen_at\n".to_owned(),
        ..Findings::default()
    };
    // The same finding twice in a file is one row.
    let mut rows: BTreeMap<(String, String), String> = BTreeMap::new();
    for run in list(&document, "/runs") {
        let tool = text(run, "/tool/driver/name").unwrap_or("unknown").to_owned();
        let at = list(run, "/invocations").iter().find_map(|call| text(call, "/endTimeUtc")).and_then(|at| at.parse().ok());
        let at = at.unwrap_or(about.at).min(about.now).to_string();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for result in list(run, "/results") {
            // A result that a tool says is none, or that was there no more.
            let is_none = matches!(text(result, "/kind"), Some("pass" | "notApplicable" | "informational"));
            if is_none || text(result, "/baselineState") == Some("absent") {
                continue;
            }
            let Some(place) = list(result, "/locations").iter().find_map(|place| place.pointer("/physicalLocation")) else {
                found.without_place += 1;
                continue;
            };
            let Some(written) = uri(run, place) else {
                found.without_place += 1;
                continue;
            };
            let path = paths.map(&written);
            let rule = rule(run, result);
            let id = text(result, "/ruleId").or_else(|| rule.and_then(|rule| text(rule, "/id"))).unwrap_or("unknown").to_owned();
            let level = text(result, "/level").or_else(|| rule.and_then(|rule| text(rule, "/defaultConfiguration/level")));
            let level = level.filter(|level| ["error", "warning", "note", "none"].contains(level)).unwrap_or("warning");
            let line = place.pointer("/region/startLine").and_then(Value::as_u64).filter(|line| *line > 0);
            let cwe = cwe(run, result, rule).unwrap_or_default();
            let fingerprint = fingerprint(result).unwrap_or_else(|| {
                let message = text(result, "/message/text").unwrap_or_default();
                let base = format!("{id}\0{path}\0{message}");
                // Several alike in one file are told apart by their order, which survives a move of lines.
                let count = seen.entry(base.clone()).or_insert(0);
                *count += 1;
                let digest = Sha256::digest(format!("{base}\0{count}"));
                digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
            });
            let mut row = String::new();
            let line = line.map_or_else(String::new, |line| line.to_string());
            for cell in [&tool, &fingerprint, about.commit, about.repo, &id, level, &cwe, &path, &line, &at] {
                let _ = write!(row, "{}\"{}\"", if row.is_empty() { "" } else { "," }, cell.replace('"', "\"\""));
            }
            rows.insert((tool.clone(), fingerprint), row);
        }
    }
    found.rows = rows.len();
    for row in rows.into_values() {
        found.csv.push_str(&row);
        found.csv.push('\n');
    }
    Ok(found)
}

/// The path of a place, its base in front where the run declares it.
fn uri(run: &Value, place: &Value) -> Option<String> {
    let artifact = place.pointer("/artifactLocation")?;
    let indexed = artifact
        .pointer("/index")
        .and_then(Value::as_u64)
        .and_then(|index| usize::try_from(index).ok())
        .and_then(|index| list(run, "/artifacts").get(index))
        .and_then(|artifact| artifact.pointer("/location"));
    let artifact = if text(artifact, "/uri").is_some() { artifact } else { indexed? };
    let mut path = text(artifact, "/uri")?.to_owned();
    let mut base = text(artifact, "/uriBaseId").map(str::to_owned);
    // A base may stand on another one; eight steps are more than anybody takes.
    for _ in 0..8 {
        let Some(name) = base.take() else { break };
        let Some(declared) = run.pointer("/originalUriBaseIds").and_then(|bases| bases.get(&name)) else { break };
        if let Some(uri) = text(declared, "/uri") {
            path = format!("{}/{path}", uri.trim_end_matches('/'));
        }
        base = text(declared, "/uriBaseId").map(str::to_owned);
    }
    Some(decode(&path))
}

fn rule<'a>(run: &'a Value, result: &Value) -> Option<&'a Value> {
    let rules = list(run, "/tool/driver/rules");
    let index = result.pointer("/ruleIndex").or_else(|| result.pointer("/rule/index")).and_then(Value::as_u64);
    let by_index = index.and_then(|index| usize::try_from(index).ok()).and_then(|index| rules.get(index));
    let id = text(result, "/ruleId").or_else(|| text(result, "/rule/id"));
    by_index.or_else(|| rules.iter().find(|rule| id.is_some() && text(rule, "/id") == id))
}

/// The weakness that a result is about, `CWE-89`: from tags or taxa of the result or its rule.
fn cwe(run: &Value, result: &Value, rule: Option<&Value>) -> Option<String> {
    fn of_text(text: &str) -> Option<String> {
        let lower = text.to_lowercase();
        let at = lower.find("cwe-").map(|at| at + 4).or_else(|| lower.find("cwe/").map(|at| at + 4))?;
        let digits: String = lower.get(at..)?.trim_start_matches("cwe-").chars().take_while(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches('0');
        (!digits.is_empty()).then(|| format!("CWE-{digits}"))
    }
    let holders = [Some(result), rule];
    for holder in holders.into_iter().flatten() {
        for pointer in ["/properties/tags", "/properties/cwe"] {
            let of_list = list(holder, pointer).iter().filter_map(Value::as_str).find_map(of_text);
            if let Some(found) = of_list.or_else(|| text(holder, pointer).and_then(of_text)) {
                return Some(found);
            }
        }
        let taxa =
            list(holder, "/taxa").iter().chain(list(holder, "/relationships").iter().filter_map(|one| one.pointer("/target")));
        for taxon in taxa {
            let component = text(taxon, "/toolComponent/name").or_else(|| {
                let index = taxon
                    .pointer("/toolComponent/index")
                    .and_then(Value::as_u64)
                    .and_then(|index| usize::try_from(index).ok())?;
                list(run, "/taxonomies").get(index).and_then(|taxonomy| text(taxonomy, "/name"))
            });
            if let Some(id) = text(taxon, "/id").filter(|_| component.is_some_and(|name| name.eq_ignore_ascii_case("cwe"))) {
                return of_text(&format!("cwe-{}", id.to_lowercase().trim_start_matches("cwe-")));
            }
        }
    }
    None
}

/// What the tool says makes the finding the same in another commit.
fn fingerprint(result: &Value) -> Option<String> {
    ["/fingerprints", "/partialFingerprints"].iter().find_map(|pointer| {
        let all = result.pointer(pointer)?.as_object()?;
        let (name, value) = all.iter().min_by_key(|(name, _)| name.as_str())?;
        Some(format!("{name}:{}", value.as_str()?))
    })
}
