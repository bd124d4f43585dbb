//! A statement as Markdown.

use super::{COLUMNS, Statement};

/// Characters that Markdown would read as marks.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|') {
            out.push('\\');
        }
        out.push(if letter.is_control() { ' ' } else { letter });
    }
    out
}

pub(super) fn render(statement: &Statement) -> String {
    let mut text = format!("# {}\n\n{}\n", plain(&statement.title), plain(&statement.lead));
    for section in &statement.sections {
        text.push_str(&format!("\n## {}\n\n", plain(&section.heading)));
        section.lines.iter().for_each(|line| text.push_str(&format!("- {}\n", plain(line))));
        if !section.rows.is_empty() {
            text.push_str(&format!("| {} |\n|{}\n", COLUMNS.join(" | "), " --- |".repeat(COLUMNS.len())));
            section
                .rows
                .iter()
                .for_each(|row| text.push_str(&format!("| {} |\n", row.each_ref().map(|cell| plain(cell)).join(" | "))));
        }
    }
    text.push_str(&format!("\n---\n\n{}\n", plain(&statement.source)));
    text
}
