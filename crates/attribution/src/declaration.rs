//! Candor's own declaration trailer, written by its hooks and read back here.
//!
//! ```text
//! AI-Assisted: claude-code; mode=interactive
//! AI-Assisted: claude-code, cursor; mode=autonomous; model=claude-opus-4-6
//! AI-Assisted: none; declared-by=person
//! ```
//!
//! The last form is positive evidence of human work, and must only be written when a person or a tool said so. Other
//! people's templates use the same key, and a bare `AI-assisted: none` may be a default that nobody looked at: it makes
//! nothing human, the origin stays unknown. `declared-by` is what tells the two apart.

use candor_model::Mode;
use std::fmt;

/// Key of the trailer, as it is written.
pub const KEY: &str = "AI-Assisted";

/// Who said that no tool took part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclaredBy {
    /// The person who commits.
    Person,
    /// A tool that saw all edits.
    Tool,
}

/// What a declaration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declaration {
    /// Tools took part.
    Tools {
        /// Names of the tools, at least one.
        tools: Vec<String>,
        /// How they were used.
        mode: Mode,
        /// Model, where it was given.
        model: Option<String>,
    },
    /// No tool took part.
    None {
        /// Who said so.
        by: DeclaredBy,
    },
}

impl Declaration {
    /// Reads the value of an `AI-Assisted` trailer; none when it is not in this form but somebody else's.
    pub fn parse(value: &str) -> Option<Declaration> {
        let mut parts = value.split(';').map(str::trim);
        let head = parts.next()?;
        let (mut mode, mut model, mut by) = (None, None, None);
        for part in parts {
            let (key, text) = part.split_once('=')?;
            let text = text.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "mode" => mode = Some(mode_of(text)),
                "model" => model = Some(text.to_owned()).filter(|text| !text.is_empty()),
                "declared-by" if text.eq_ignore_ascii_case("person") => by = Some(DeclaredBy::Person),
                "declared-by" if text.eq_ignore_ascii_case("tool") => by = Some(DeclaredBy::Tool),
                _ => return None,
            }
        }
        if head.eq_ignore_ascii_case("none") {
            return by.filter(|_| mode.is_none() && model.is_none()).map(|by| Declaration::None { by });
        }
        let tools: Vec<String> = head.split(',').map(str::trim).filter(|tool| !tool.is_empty()).map(str::to_owned).collect();
        let is_ours = !tools.is_empty() && (mode.is_some() || by.is_some());
        is_ours.then(|| Declaration::Tools { tools, mode: mode.unwrap_or(Mode::Unknown), model })
    }
}

impl fmt::Display for Declaration {
    /// The whole trailer line, without the line's end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Declaration::None { by: DeclaredBy::Person } => write!(f, "{KEY}: none; declared-by=person"),
            Declaration::None { by: DeclaredBy::Tool } => write!(f, "{KEY}: none; declared-by=tool"),
            Declaration::Tools { tools, mode, model } => {
                write!(f, "{KEY}: {}; mode={}", tools.join(", "), mode_name(*mode))?;
                model.iter().try_for_each(|model| write!(f, "; model={model}"))
            }
        }
    }
}

fn mode_of(text: &str) -> Mode {
    match text.to_ascii_lowercase().as_str() {
        "completion" => Mode::Completion,
        "chat" | "chat_apply" => Mode::ChatApply,
        "interactive" | "interactive_agent" => Mode::InteractiveAgent,
        "autonomous" | "autonomous_agent" => Mode::AutonomousAgent,
        "review" | "review_suggestion" => Mode::ReviewSuggestion,
        _ => Mode::Unknown,
    }
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Completion => "completion",
        Mode::ChatApply => "chat",
        Mode::InteractiveAgent => "interactive",
        Mode::AutonomousAgent => "autonomous",
        Mode::ReviewSuggestion => "review",
        Mode::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let tools = Declaration::Tools {
            tools: vec!["claude-code".to_owned(), "cursor".to_owned()],
            mode: Mode::InteractiveAgent,
            model: Some("claude-opus-4-6".to_owned()),
        };
        for declaration in [tools, Declaration::None { by: DeclaredBy::Person }, Declaration::None { by: DeclaredBy::Tool }] {
            let line = declaration.to_string();
            let value = line.strip_prefix("AI-Assisted: ").unwrap();
            assert_eq!(Declaration::parse(value), Some(declaration), "{line}");
        }
    }

    #[test]
    fn a_bare_none_declares_nothing() {
        for other in
            ["none", "none; mode=interactive", "no", "claude-code", "yes; see text", "none; declared-by=default", "", ";"]
        {
            assert_eq!(Declaration::parse(other), None, "`{other}`");
        }
    }
}
