//! Cobertura's XML: lines of classes, paths relative to one of the `source` folders.

use std::collections::BTreeMap;

use super::xml::{Seen, attribute, walk};
use super::{Lines, Paths, ReportError};

pub(super) fn read(file: &str, bytes: &[u8], paths: &mut Paths<'_>) -> Result<BTreeMap<String, Lines>, ReportError> {
    let mut found: BTreeMap<String, Lines> = BTreeMap::new();
    let mut sources: Vec<String> = Vec::new();
    let mut in_source = false;
    let mut current: Option<String> = None;
    walk(file, bytes, |seen| {
        match seen {
            Seen::Open { name: "source", .. } => in_source = true,
            Seen::Text(text) if in_source => sources.push(text.trim().to_owned()),
            Seen::Close { name: "source" } => in_source = false,
            Seen::Open { name: "class", attributes, line } => {
                let written = attribute(attributes, "filename").ok_or_else(|| ReportError {
                    file: file.to_owned(),
                    line,
                    message: "expected `filename` in a `class`, found none".to_owned(),
                    hint: "is this a report of Cobertura?",
                })?;
                // The folder in front helps where two files end alike; the longest end that exists decides.
                let full = match sources.iter().find(|source| !source.is_empty() && source.as_str() != ".") {
                    Some(source) if !written.starts_with(['/', '\\']) => format!("{source}/{written}"),
                    _ => written.to_owned(),
                };
                let path = paths.map(&full);
                found.entry(path.clone()).or_default();
                current = Some(path);
            }
            Seen::Close { name: "class" } => current = None,
            Seen::Open { name: "line", attributes, line } => {
                let number =
                    attribute(attributes, "number").and_then(|text| text.parse::<u32>().ok()).filter(|number| *number > 0);
                let hits =
                    attribute(attributes, "hits").and_then(|text| text.parse::<f64>().ok()).filter(|hits| hits.is_finite());
                let (Some(number), Some(hits)) = (number, hits) else {
                    return Err(ReportError {
                        file: file.to_owned(),
                        line,
                        message: "expected `number` and `hits` in a `line`".to_owned(),
                        hint: "both are whole numbers, <line number=\"12\" hits=\"3\"/>",
                    });
                };
                // Lines of a method stand a second time under its class.
                if let Some(lines) = current.as_ref().and_then(|path| found.get_mut(path)) {
                    lines.line(number, hits > 0.0);
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(found)
}
