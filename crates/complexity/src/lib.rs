//! How complex the functions of one source file are: cyclomatic and cognitive, from the syntax tree of a published grammar.
//!
//! [docs/complexity.md](../../../docs/complexity.md) says what counts in which language; [`measure`] is the one way in.

mod language;
mod logic;
mod name;
mod role;
mod walk;

pub use language::Language;

use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, Parser, Tree};

/// Version of the counting; figures of two versions are never joined.
pub const VERSION: u32 = 1;
/// Larger files are not parsed, bytes: nobody writes such a file by hand.
pub const MOST_BYTES: usize = 1 << 20;
/// Steps of the parser for each byte of a file after which it is given up; what can be parsed takes less than one.
const STEPS_PER_BYTE: u64 = 20;
/// Steps that even the shortest file may take.
const STEPS: u64 = 100_000;

/// One function, as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name, after those of the types, modules and functions around it: `Parser.next`; `(anonymous)` where it has none.
    pub name: String,
    /// First line, from 1.
    pub start: u32,
    /// Last line, from 1.
    pub end: u32,
    /// McCabe's cyclomatic complexity: 1 and the decisions in it.
    pub cyclomatic: u32,
    /// Cognitive complexity after SonarSource.
    pub cognitive: u32,
    /// The grammar could not read part of it: both figures are wrong, and must not be used.
    pub is_broken: bool,
}

/// Why a file was not measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unmeasured {
    /// Larger than [`MOST_BYTES`].
    #[error("larger than {MOST_BYTES} bytes")]
    TooLarge,
    /// It holds a NUL byte, so that it is no text.
    #[error("not a text")]
    NotText,
    /// The parser found no end in reasonable time.
    #[error("the parser found no end")]
    TooHard,
}

/// Measures every function of a source file that has a body, in the order in which they begin.
///
/// # Input
/// The bytes of the file; they need not be UTF-8. A function within a function is measured by itself, and nothing of it
/// counts in the one around it; lambdas that are no functions of their own ([`Language`] says which) count in it.
///
/// # Errors
/// [`Unmeasured`]. A file with faults of syntax is measured; the functions that hold them are marked.
///
/// # Source
/// T. J. McCabe, "A complexity measure", IEEE Transactions on Software Engineering SE-2(4), 1976. G. A. Campbell, "Cognitive
/// Complexity: a new way of measuring understandability", SonarSource, 2018 (version 1.4), appendix B.
///
/// # Example
/// ```
/// use candor_complexity::{Language, measure};
///
/// let source = b"def sign(x):\n    if x < 0 or x > 0:\n        return 1 if x > 0 else -1\n    return 0\n";
/// let functions = measure(Language::Python, source)?;
/// // if, or, and the conditional expression; in the cognitive count the last one stands one level deeper.
/// assert_eq!((functions[0].cyclomatic, functions[0].cognitive), (4, 4));
/// # Ok::<(), candor_complexity::Unmeasured>(())
/// ```
pub fn measure(language: Language, source: &[u8]) -> Result<Vec<Function>, Unmeasured> {
    if source.len() > MOST_BYTES {
        return Err(Unmeasured::TooLarge);
    }
    if source.contains(&0) {
        return Err(Unmeasured::NotText);
    }
    if language == Language::CHeader {
        // A header does not say of which of the two it is.
        let plain = parse(Language::C, source)?;
        if !plain.root_node().has_error() {
            return Ok(walk::functions(Language::C, &plain, source));
        }
        return Ok(walk::functions(Language::Cpp, &parse(Language::Cpp, source)?, source));
    }
    Ok(walk::functions(language, &parse(language, source)?, source))
}

fn parse(language: Language, source: &[u8]) -> Result<Tree, Unmeasured> {
    let mut parser = Parser::new();
    parser.set_language(&language.grammar()).map_err(|_| Unmeasured::TooHard)?;
    let most = STEPS.max(STEPS_PER_BYTE.saturating_mul(source.len() as u64));
    let mut steps = 0_u64;
    // Steps, and no clock: the same file has the same answer on every machine.
    let mut progress = |_: &tree_sitter::ParseState| {
        steps += 1;
        if steps > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let mut text = |at: usize, _: tree_sitter::Point| source.get(at..).unwrap_or_default();
    parser.parse_with_options(&mut text, None, Some(options)).ok_or(Unmeasured::TooHard)
}
