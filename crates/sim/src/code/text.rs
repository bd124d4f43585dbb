//! Text that looks like code, of which no line occurs twice in a repository: so a line that a history keeps is the line that was written.

use std::fmt::Write;

use crate::draws::Draws;
use crate::world::Language;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A programming language.
    Code(Language),
    /// Settings by section.
    Toml,
    /// Statements on tables.
    Sql,
    /// Types of an interface.
    GraphQl,
    /// Resources.
    Terraform,
    /// A shell script.
    Shell,
    /// Prose.
    Markdown,
}

/// The ending of a language's files.
#[must_use]
pub fn ending(language: Language) -> &'static str {
    match language {
        Language::Python => "py",
        Language::TypeScript => "ts",
        Language::Rust => "rs",
        Language::Go => "go",
        Language::JavaScript => "js",
    }
}

const VERBS: [&str; 12] =
    ["load", "merge", "rank", "collect", "resolve", "apply", "group", "check", "render", "store", "convert", "schedule"];
const NOUNS: [&str; 16] = [
    "orders", "prices", "carts", "items", "users", "routes", "batches", "events", "offers", "labels", "queues", "rates",
    "stocks", "views", "limits", "parcels",
];

/// Folders and names of files in a context; names avoid the words by which other contexts are known.
#[must_use]
pub fn path(context: &str, language: Language, number: usize) -> String {
    let noun = NOUNS[number % NOUNS.len()];
    let tail = if number < NOUNS.len() { String::new() } else { format!("_{}", number / NOUNS.len() + 1) };
    let ending = ending(language);
    match context {
        "payments" => format!("src/payments/{noun}{tail}.{ending}"),
        "auth" => format!("src/auth/{noun}{tail}.{ending}"),
        "compliance" => format!("src/compliance/{noun}{tail}.{ending}"),
        "api_contract" => format!("interface/{noun}{tail}.graphql"),
        "schema" => format!("migrations/{:04}_{noun}.sql", number + 1),
        "infrastructure" => format!("infra/{noun}{tail}.tf"),
        "boilerplate" => format!("config/{noun}{tail}.toml"),
        "tests" => format!("tests/test_{noun}{tail}.{ending}"),
        "docs" => format!("docs/{noun}{tail}.md"),
        "tooling" => format!("scripts/{noun}{tail}.sh"),
        _ => format!("src/core/{noun}{tail}.{ending}"),
    }
}

/// How the files of a context are written.
#[must_use]
pub fn form(context: &str, language: Language) -> Form {
    match context {
        "api_contract" => Form::GraphQl,
        "schema" => Form::Sql,
        "infrastructure" => Form::Terraform,
        "boilerplate" => Form::Toml,
        "docs" => Form::Markdown,
        "tooling" => Form::Shell,
        _ => Form::Code(language),
    }
}

/// Of so many lines of a block, those with a letter or a digit.
#[must_use]
pub fn substantive(form: Form, lines: u32) -> u32 {
    let bare = match form {
        Form::Code(Language::Python) | Form::Toml | Form::Markdown => 1,
        Form::Code(_) | Form::Sql | Form::GraphQl | Form::Terraform | Form::Shell => 2,
    };
    lines.saturating_sub(bare)
}

/// Writes a block of so many lines, the last one empty; `id` is the block's own in its repository.
pub fn write(text: &mut String, form: Form, id: usize, lines: u32, seed: u64) {
    let mut draws = Draws::of(seed, "text", id as u64);
    let (verb, noun) = (VERBS[draws.below(VERBS.len())], NOUNS[draws.below(NOUNS.len())]);
    let body = lines.saturating_sub(if substantive(form, lines) == lines - 1 { 2 } else { 3 });
    // Writing into a string cannot fail.
    let _ = match form {
        Form::Code(Language::Python) => writeln!(text, "def {verb}_{noun}_{id}({noun}, limit={}):", draws.below(90) + 10),
        Form::Code(Language::TypeScript) => {
            writeln!(text, "export function {verb}_{noun}_{id}({noun}: number[], limit: number): number {{")
        }
        Form::Code(Language::JavaScript) => writeln!(text, "export function {verb}_{noun}_{id}({noun}, limit) {{"),
        Form::Code(Language::Rust) => writeln!(text, "pub fn {verb}_{noun}_{id}({noun}: &[i64], limit: i64) -> i64 {{"),
        Form::Code(Language::Go) => writeln!(text, "func {verb}_{noun}_{id}({noun} []int, limit int) int {{"),
        Form::Toml => writeln!(text, "[{noun}.{verb}_{id}]"),
        Form::Sql => writeln!(text, "CREATE TABLE {noun}_{id} ("),
        Form::GraphQl => writeln!(text, "type {verb}_{noun}_{id} {{"),
        Form::Terraform => writeln!(text, "resource \"{verb}_{noun}\" \"r{id}\" {{"),
        Form::Shell => writeln!(text, "{verb}_{noun}_{id}() {{"),
        Form::Markdown => writeln!(text, "## How to {verb} {noun}, part {id}"),
    };
    for line in 0..body {
        let (number, other) = (draws.below(997) + 2, NOUNS[draws.below(NOUNS.len())]);
        let name = format!("{other}_{id}_{line}");
        let is_condition = draws.chance(0.18);
        let _ = match form {
            Form::Code(Language::Python) if is_condition => {
                writeln!(text, "    limit = limit + {number} if len({noun}) > {line} + {id} else limit")
            }
            Form::Code(Language::Python) => writeln!(text, "    {name} = limit * {number} + len({noun})"),
            Form::Code(Language::TypeScript | Language::JavaScript) if is_condition => {
                writeln!(text, "  if ({noun}.length > {number}) {{ limit += {id} + {line}; }}")
            }
            Form::Code(Language::TypeScript | Language::JavaScript) => {
                writeln!(text, "  const {name} = limit * {number} + {noun}.length;")
            }
            Form::Code(Language::Rust) if is_condition => {
                writeln!(text, "    if {noun}.len() > {number} {{ return limit + {id} + {line}; }}")
            }
            Form::Code(Language::Rust) => writeln!(text, "    let {name} = limit * {number} + {noun}.iter().sum::<i64>();"),
            Form::Code(Language::Go) if is_condition => {
                writeln!(text, "\tif len({noun}) > {number} {{ limit += {id} + {line} }}")
            }
            Form::Code(Language::Go) => writeln!(text, "\t{name} := limit*{number} + len({noun})"),
            Form::Toml => writeln!(text, "{name} = {number}"),
            Form::Sql => writeln!(text, "    {name} BIGINT NOT NULL DEFAULT {number},"),
            Form::GraphQl => writeln!(text, "  {name}(first: Int = {number}): Int!"),
            Form::Terraform => writeln!(text, "  {name} = \"{verb}-{number}\""),
            Form::Shell => writeln!(text, "  {verb} --{other}-{id}={number} --step {line}"),
            Form::Markdown => writeln!(text, "Step {line} of part {id}: {verb} the {other} until {number} are left."),
        };
    }
    text.push_str(match form {
        Form::Code(Language::Python) | Form::Toml | Form::Markdown => "\n",
        Form::Sql => ");\n\n",
        _ => "}\n\n",
    });
}
