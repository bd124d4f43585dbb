//! LCOV: records of `SF:` (a file) with `DA:` (a line and how often it ran).

use std::collections::BTreeMap;

use super::{Lines, Paths, ReportError};

const HINT: &str = "`DA:` is followed by the line's number and how often it ran, such as DA:12,3";

pub(super) fn read(file: &str, bytes: &[u8], paths: &mut Paths<'_>) -> Result<BTreeMap<String, Lines>, ReportError> {
    let text = String::from_utf8_lossy(bytes);
    let mut found: BTreeMap<String, Lines> = BTreeMap::new();
    let mut current: Option<String> = None;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        let fault = |message: String, hint| ReportError { file: file.to_owned(), line: index + 1, message, hint };
        if let Some(path) = line.strip_prefix("SF:") {
            let path = paths.map(path.trim());
            found.entry(path.clone()).or_default();
            current = Some(path);
        } else if line == "end_of_record" {
            current = None;
        } else if let Some(data) = line.strip_prefix("DA:") {
            let lines = current.as_ref().and_then(|path| found.get_mut(path)).ok_or_else(|| {
                fault(
                    "expected `SF:` before the first `DA:` of a record".to_owned(),
                    "a record begins with the path of its file, SF:src/a.rs",
                )
            })?;
            // A third field, if there is one, is a checksum of the line.
            let mut fields = data.split(',').map(str::trim);
            let number = fields.next().and_then(|number| number.parse::<u32>().ok()).filter(|number| *number > 0);
            let hits = fields.next().and_then(|hits| hits.parse::<f64>().ok()).filter(|hits| hits.is_finite());
            let (Some(number), Some(hits)) = (number, hits) else {
                return Err(fault(format!("expected a line and a count, found `{data}`"), HINT));
            };
            lines.line(number, hits > 0.0);
        }
    }
    Ok(found)
}
