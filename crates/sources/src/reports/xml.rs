//! XML of reports, element by element: names, attributes, places; no entity of a file is ever fetched or expanded.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::ReportError;

/// What a visitor sees.
pub(super) enum Seen<'a> {
    /// An element begins.
    Open { name: &'a str, attributes: &'a [(String, String)], line: usize },
    /// Text inside of the element that began last.
    Text(&'a str),
    /// An element ends.
    Close { name: &'a str },
}

/// Walks through a document.
pub(super) fn walk(
    file: &str,
    bytes: &[u8],
    mut visit: impl FnMut(Seen<'_>) -> Result<(), ReportError>,
) -> Result<(), ReportError> {
    let mut reader = Reader::from_reader(bytes);
    reader.config_mut().check_end_names = true;
    let line_at = |offset: u64| {
        let before = bytes.get(..usize::try_from(offset).unwrap_or(0)).unwrap_or(bytes);
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    };
    let fault = |offset: u64, message: String| ReportError {
        file: file.to_owned(),
        line: line_at(offset),
        message,
        hint: "the file is no well-formed XML: was it cut off?",
    };
    let mut depth = 0_usize;
    // Lines are counted on the way: counting anew for each element would take the square of the length.
    let (mut line, mut counted) = (1, 0_usize);
    loop {
        let event = reader.read_event().map_err(|error| fault(reader.error_position(), error.to_string()))?;
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(bytes.len());
        line += bytes.get(counted..offset).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        counted = offset.max(counted);
        match event {
            Event::Start(ref start) | Event::Empty(ref start) => {
                let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                let mut attributes = Vec::new();
                for attribute in start.attributes().with_checks(false) {
                    let attribute = attribute.map_err(|error| fault(reader.buffer_position(), error.to_string()))?;
                    let key = String::from_utf8_lossy(attribute.key.local_name().as_ref()).into_owned();
                    let raw = String::from_utf8_lossy(&attribute.value).into_owned();
                    let value = quick_xml::escape::unescape(&raw).map_or(raw.clone(), std::borrow::Cow::into_owned);
                    attributes.push((key, value));
                }
                visit(Seen::Open { name: &name, attributes: &attributes, line })?;
                if matches!(event, Event::Empty(_)) {
                    visit(Seen::Close { name: &name })?;
                } else {
                    depth += 1;
                }
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                let name = String::from_utf8_lossy(end.local_name().as_ref()).into_owned();
                visit(Seen::Close { name: &name })?;
            }
            Event::Text(text) => visit(Seen::Text(&String::from_utf8_lossy(&text)))?,
            Event::Eof if depth > 0 => {
                return Err(fault(reader.buffer_position(), "the file ends inside of an element".to_owned()));
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The value of an attribute.
pub(super) fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}
