//! The tables of the lake: the one place that says what a fact looks like at rest.
//!
//! A new column goes to the end of its table; files written before it read as null there.

use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// UTF-8 text. In Arrow `Utf8`, or `Dictionary(Int32, Utf8)` where asked for.
    Text,
    /// Whole number of 32 bits.
    Int32,
    /// Whole number of 64 bits.
    Int64,
    /// Floating-point number of 64 bits.
    Float64,
    /// True or false.
    Bool,
    /// Instant, in microseconds since 1970-01-01 00:00 UTC.
    Timestamp,
    /// Calendar day, in days since 1970-01-01.
    Date,
    /// Decimal of 20 digits, four of them after the point: amounts of money.
    Decimal,
}

/// Digits of a [`ColumnType::Decimal`].
pub const DECIMAL_DIGITS: u8 = 20;
/// Digits of a [`ColumnType::Decimal`] after the point.
pub const DECIMAL_PLACES: i8 = 4;

impl ColumnType {
    /// The Arrow type, with text as plain `Utf8`.
    #[must_use]
    pub fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Float64 => DataType::Float64,
            Self::Bool => DataType::Boolean,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Date => DataType::Date32,
            Self::Decimal => DataType::Decimal128(DECIMAL_DIGITS, DECIMAL_PLACES),
        }
    }

    /// The name of the type in a Delta schema.
    pub(crate) fn delta(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Int32 => "integer",
            Self::Int64 => "long",
            Self::Float64 => "double",
            Self::Bool => "boolean",
            Self::Timestamp => "timestamp",
            Self::Date => "date",
            Self::Decimal => "decimal(20,4)",
        }
    }

    /// The name in messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int32 => "whole numbers of 32 bits",
            Self::Int64 => "whole numbers of 64 bits",
            Self::Float64 => "floating-point numbers",
            Self::Bool => "true or false",
            Self::Timestamp => "instants in UTC microseconds",
            Self::Date => "calendar days",
            Self::Decimal => "decimals with four places",
        }
    }
}

/// `Dictionary(Int32, Utf8)`: text in which values repeat.
#[must_use]
pub fn text_dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnType,
    /// Unit of a number, or form of a text; empty where the name says it all.
    pub unit: &'static str,
    /// Whether every row has a value. Such a column still may be null in a file written before it existed.
    pub required: bool,
    /// What it means.
    pub doc: &'static str,
}

/// One table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name, and that of its folder.
    pub name: &'static str,
    /// Columns that together name a row. Null in a key column is a value of its own (a cohort that lives has no death).
    pub key: &'static [&'static str],
    /// Columns, in the order of the files.
    pub columns: &'static [ColumnSpec],
    /// What a row is.
    pub doc: &'static str,
}

impl TableSpec {
    /// The Arrow schema of the whole table, with text as plain `Utf8` and every column nullable.
    #[must_use]
    pub fn arrow_schema(&self) -> SchemaRef {
        Arc::new(Schema::new(
            self.columns.iter().map(|column| Field::new(column.name, column.kind.arrow(), true)).collect::<Vec<_>>(),
        ))
    }

    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static ColumnSpec> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The table of that name.
#[must_use]
pub fn table(name: &str) -> Option<&'static TableSpec> {
    TABLES.iter().find(|table| table.name == name)
}

pub(crate) fn table_names() -> String {
    TABLES.iter().map(|table| format!("`{}`", table.name)).collect::<Vec<_>>().join(", ")
}

pub(crate) fn column_names(name: &str) -> String {
    let columns = table(name).map_or(&[][..], |table| table.columns);
    columns.iter().map(|column| format!("`{}`", column.name)).collect::<Vec<_>>().join(", ")
}

const fn required(name: &'static str, kind: ColumnType, unit: &'static str, doc: &'static str) -> ColumnSpec {
    ColumnSpec { name, kind, unit, required: true, doc }
}

const fn optional(name: &'static str, kind: ColumnType, unit: &'static str, doc: &'static str) -> ColumnSpec {
    ColumnSpec { name, kind, unit, required: false, doc }
}

use ColumnType::{Bool, Float64, Int32, Int64, Text, Timestamp};

const HEX: &str = "commit id in hex";
const PERSON: &str = "person id, a keyed hash";
const UTC: &str = "UTC microseconds";
const QUOTED: &str = "path as git quotes it";

/// Every table of the lake: those of the CSV contract, which `candor_tables` lists, and those that mining and reports of tools fill.
pub static TABLES: LazyLock<Vec<TableSpec>> =
    LazyLock::new(|| candor_tables::TABLES.iter().map(filled_by_people).chain(MINED.iter().copied()).collect());

/// A table of the CSV contract at rest: its columns, the row's place in its file, where it came from; names that mining adds.
fn filled_by_people(table: &candor_tables::Table) -> TableSpec {
    let mut columns: Vec<ColumnSpec> = table
        .columns
        .iter()
        .map(|column| ColumnSpec {
            name: column.name,
            kind: match column.kind.stored() {
                candor_tables::Stored::Text => Text,
                candor_tables::Stored::Int => ColumnType::Int64,
                candor_tables::Stored::Num => Float64,
                candor_tables::Stored::Money => ColumnType::Decimal,
                candor_tables::Stored::Bool => Bool,
                candor_tables::Stored::Date => ColumnType::Date,
                candor_tables::Stored::Time => Timestamp,
            },
            unit: if column.kind.holds_people() {
                ACTOR
            } else if column.kind == candor_tables::Type::Time {
                UTC
            } else {
                for_ever(column.kind.words())
            },
            required: column.required,
            doc: if column.doc.is_empty() { for_ever(format!("{} of {}", column.name, table.doc)) } else { column.doc },
        })
        .collect();
    columns.push(optional("row_number", ColumnType::Int64, "from 1", "place of the row in its file"));
    // The evidence of attribution_coverage has a source of its own, in the words of the contract.
    if table.column("source").is_none() {
        columns.push(optional("source", Text, "", "id of the source that brought the row"));
    }
    columns.push(optional("fetched_at", Timestamp, UTC, "when it was brought"));
    columns.push(optional("raw_ref", Text, "", "where the file is kept as it was"));
    if table.name == "identities" {
        columns.push(optional("name", Text, "as in the commit", "name beside the address, for identities that commits show"));
    }
    // Made once in the life of a program.
    let columns: &'static [ColumnSpec] = Box::leak(columns.into_boxed_slice());
    TableSpec { name: table.name, key: table.key, columns, doc: table.doc }
}

fn for_ever(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

const ACTOR: &str = "person id, a keyed hash; `bot:NAME` and `external:HASH` where no employee acts";

/// Tables that mining and reports of tools fill.
const MINED: &[TableSpec] = &[
    TableSpec {
        name: "mined_repositories",
        key: &["repo"],
        doc: "a repository whose history was mined, as of its last run",
        columns: &[
            required("repo", Text, "", "id of the repository"),
            optional("host", Text, "", "where it is hosted, for example `github.com`"),
            optional("owner", Text, "", "owner or group on that host"),
            optional("name", Text, "", "its name for people"),
            optional("default_branch", Text, "branch name", "the mainline that was mined"),
            optional("business", Text, "", "business unit, where somebody said so"),
            optional("team", Text, "", "owning team, where somebody said so"),
            optional("tip", Text, HEX, "last mined commit of the mainline"),
            optional("mined_until", Timestamp, UTC, "landing time of the tip"),
            optional(
                "settings",
                Text,
                "JSON object",
                "what the mining rests on: diff algorithm, rename threshold and limit, mode, versions of the rules",
            ),
        ],
    },
    TableSpec {
        name: "changes",
        key: &["repo", "commit"],
        doc: "a landing: one commit of the mainline",
        columns: &[
            required("repo", Text, "", "id of the repository"),
            required("commit", Text, HEX, "the mainline commit"),
            optional("author", Text, PERSON, "who wrote it"),
            optional("committer", Text, PERSON, "who committed it"),
            optional("authored_at", Timestamp, UTC, "author time"),
            optional("landed_at", Timestamp, UTC, "when it reached the mainline"),
            optional("pull_request", Text, "", "number of the pull request it belongs to"),
            optional("kind", Text, "merge, squash, rebase or direct", "how it landed"),
            optional("parents", Int32, "commits", "number of parents"),
            optional("brought", Int32, "commits", "commits that it brought to the mainline besides itself"),
            optional("files", Int32, "files", "files changed against the first parent"),
            optional("lines_added", Int64, "lines", "lines born with it"),
            optional("lines_removed", Int64, "lines", "lines that died with it"),
            optional("lines_moved", Int64, "lines", "lines that it moved, neither born nor dead"),
            optional("lines_resumed", Int64, "lines", "lines of earlier life that it brought back"),
            optional(
                "message_class",
                Text,
                "fix, feature, refactor, test, docs, chore, revert, bulk or other",
                "what its message says that it is",
            ),
            optional("reverts", Text, HEX, "commit that it reverts"),
            optional("reverted_by", Text, HEX, "landing that reverts it"),
            optional("restored_by", Text, HEX, "landing that reverts its revert"),
            optional("is_bulk", Bool, "", "too large to be somebody's writing: formatting, imports, mass renames"),
            optional("notes", Text, "JSON object", "oddities that the mining met: odd headers, rename limit hit"),
        ],
    },
    TableSpec {
        name: "commits",
        key: &["repo", "commit"],
        doc: "a commit that wrote or killed landed lines, on the mainline or merged into it",
        columns: &[
            required("repo", Text, "", "id of the repository"),
            required("commit", Text, HEX, "the commit"),
            optional("author", Text, PERSON, "who wrote it"),
            optional("co_authors", Text, "person ids joined by commas", "who else is named as author"),
            optional("authored_at", Timestamp, UTC, "author time"),
            optional("committed_at", Timestamp, UTC, "commit time"),
            optional("landed_in", Text, HEX, "mainline commit with which it landed"),
            optional("is_merge", Bool, "", "whether it has more than one parent"),
            optional("is_bot", Bool, "", "whether its author is automation that is no AI"),
            optional("committer", Text, PERSON, "who committed it"),
            optional(
                "message_class",
                Text,
                "fix, feature, refactor, test, docs, chore, revert or other",
                "what its message says that it is",
            ),
            optional(
                "reverts",
                Text,
                "commit ids as the message spells them, joined by commas",
                "commits that its message says it reverts",
            ),
            optional("pull_request", Int64, "number on the host", "number of the pull request that its message names"),
            optional("is_squash", Bool, "", "whether its message is made of several, as a squash leaves it"),
            optional("unrecognised", Text, "one a line", "values that look like a tool but are not known"),
            optional("ancestors_until", Timestamp, UTC, "latest commit time that those it builds on can have"),
        ],
    },
    TableSpec {
        name: "line_cohorts",
        key: &["repo", "landing", "origin", "path_at_birth", "death", "killer_origin", "evidence"],
        doc: "lines that share their whole life",
        columns: &[
            required("repo", Text, "", "id of the repository"),
            required("landing", Text, HEX, "mainline commit with which they landed"),
            required("origin", Text, HEX, "commit that wrote them"),
            required("path_at_birth", Text, QUOTED, "file in which they landed"),
            optional("path_in_origin", Text, QUOTED, "file in the commit that wrote them"),
            required("landed_at", Timestamp, UTC, "when they landed"),
            optional("death", Text, HEX, "mainline commit with which they died; null while they live"),
            optional("died_at", Timestamp, UTC, "when they died; null while they live"),
            optional("killer_origin", Text, HEX, "commit that removed them; null while they live"),
            required("n_lines", Int32, "lines", "how many they are"),
            required("n_substantive", Int32, "lines", "how many of them are neither blank nor punctuation alone"),
            optional("evidence", Text, "evidence id", "recorded evidence on these lines; null when there is none"),
            optional("before_observation", Bool, "", "whether they landed before the observed period"),
            optional("left_out", Text, "", "why they are left out of every metric; null when they count"),
            optional("censored_at", Timestamp, UTC, "when they left observation without dying (damage, a reformatting commit)"),
        ],
    },
    TableSpec {
        name: "touched_functions",
        key: &["repo", "landing", "path", "function", "start", "origin", "evidence"],
        doc: "a function that a landing added or changed, as it is after it; one row for each origin of the lines it brought there",
        columns: &[
            required("repo", Text, "", "id of the repository"),
            required("landing", Text, HEX, "the mainline commit"),
            required("path", Text, QUOTED, "file in that commit"),
            required("function", Text, "", "its name, after those of the types and modules around it"),
            required("start", Int32, "line, from 1", "its first line"),
            required("end", Int32, "line, from 1", "its last line"),
            optional("cyclomatic", Int32, "points", "cyclomatic complexity; null where the grammar finds a fault in it"),
            optional("cognitive", Int32, "points", "cognitive complexity; null as well then"),
            optional("cyclomatic_before", Int32, "points", "cyclomatic complexity before; null for a function that is new"),
            optional("cognitive_before", Int32, "points", "cognitive complexity before"),
            optional("origin", Text, HEX, "commit that wrote lines of it; null where lines were only removed"),
            optional("evidence", Text, "evidence id", "recorded evidence on these lines; null when there is none"),
            required("n_lines", Int32, "lines", "how many the landing brought to it from there"),
        ],
    },
    TableSpec {
        name: "repeated_lines",
        key: &["repo", "landing", "origin", "evidence"],
        doc: "lines that a landing brought, and how many of them repeat a block that stands elsewhere in the tree; one row for each origin",
        columns: &[
            required("repo", Text, "", "id of the repository"),
            required("landing", Text, HEX, "the mainline commit"),
            required("origin", Text, HEX, "commit that wrote them"),
            optional("evidence", Text, "evidence id", "recorded evidence on these lines; null when there is none"),
            required("n_lines", Int32, "lines", "how many they are"),
            required("n_repeated", Int32, "lines", "how many of them are inside a repeated block"),
        ],
    },
    TableSpec {
        name: "left_out",
        key: &["repo", "landing", "reason"],
        doc: "what a landing changed that no metric looks at, and why",
        columns: &[
            required("repo", Text, "", "id of the repository"),
            required("landing", Text, HEX, "the mainline commit"),
            required(
                "reason",
                Text,
                "generated, vendored, lock, minified, binary, too_large, symlink, submodule or bulk",
                "why it is left out",
            ),
            optional("paths", Int32, "files", "files left out"),
            optional("lines", Int64, "lines", "lines added in them, where they were counted"),
        ],
    },
    TableSpec {
        name: "evidence",
        key: &["evidence_id"],
        doc: "one statement on who or what wrote something; labels are derived from it when they are read",
        columns: &[
            required("evidence_id", Text, "", "id of the statement"),
            required("repo", Text, "", "id of the repository"),
            required("level", Text, "line, commit, pull_request, session, user_day or org_day", "what it is about"),
            optional("subject", Text, "commit id in hex, or what the level names", "on what"),
            optional("path", Text, QUOTED, "file in that commit, for line evidence"),
            optional("ranges", Text, "one-based inclusive line ranges such as `1-4,9`", "lines of that file, for line evidence"),
            required("origin", Text, "ai, human, mixed, bot or unknown", "what it says"),
            optional(
                "mode",
                Text,
                "completion, chat_apply, interactive_agent, autonomous_agent, review_suggestion or unknown",
                "how the tool was used",
            ),
            optional("tool", Text, "", "normalised name of the tool"),
            optional("tool_version", Text, "", "its version"),
            optional("model", Text, "", "model as the evidence spells it"),
            optional("provider", Text, "", "who runs the model"),
            optional("session", Text, "salted hash", "joins evidence of one session"),
            required("evidence_source", Text, "", "kind of source: trailer, author_identity, git_ai_note, pr_footer"),
            optional("source_version", Text, "", "version of the format it was read from"),
            required("rule_id", Text, "", "rule that recognised it"),
            required("rule_version", Text, "", "version of that rule"),
            required("strength", Text, "recorded, self_declared, inferred or aggregate", "how strong it is"),
            optional("p_ai", Float64, "probability, 0 to 1", "prior probability that an AI tool wrote a material part"),
            optional("valid_lines_fraction", Float64, "share, 0 to 1", "claimed lines that the commit really added"),
            optional("observed_at", Timestamp, UTC, "when the statement was made"),
            optional("detail", Text, "", "what helps to check it; never a transcript"),
        ],
    },
    TableSpec {
        name: "trace_settings",
        key: &["repo", "evidence_source", "from"],
        doc: "which source of evidence could see which commits of a repository, and when, by its own settings",
        columns: &[
            required("repo", Text, "", "id of the repository"),
            required("evidence_source", Text, "", "kind of source"),
            required("from", Timestamp, UTC, "start of the period"),
            optional("until", Timestamp, UTC, "end of the period, excluded; null while it lasts"),
            optional("complete", Bool, "", "whether no statement means no AI in that period"),
            optional("detail", Text, "", "who said so, or which setting shows it"),
        ],
    },
    TableSpec {
        name: "coverage_files",
        key: &["repo", "commit", "path"],
        doc: "lines of a file that tests can run and did run, by the coverage reports of a commit",
        columns: &[
            required("repo", Text, "", "id of the repository"),
            required("commit", Text, HEX, "the commit that was tested"),
            required("path", Text, "", "file in that commit, or as the report writes it where no file fits"),
            optional("executable", Text, "one-based inclusive line ranges such as `1-4,9`", "lines that can run"),
            optional("covered", Text, "one-based inclusive line ranges such as `1-4,9`", "lines that did run"),
            optional("executable_lines", ColumnType::Int64, "lines", "how many can run"),
            optional("covered_lines", ColumnType::Int64, "lines", "how many of them did"),
            optional("reported_at", Timestamp, UTC, "when the first of the reports was made"),
            optional("source", Text, "lcov or cobertura", "format of the last report that added something"),
            optional("fetched_at", Timestamp, UTC, "when it was brought"),
            optional("raw_ref", Text, "", "where that report is kept as it was"),
        ],
    },
    TableSpec {
        name: "tests",
        key: &["repo", "commit", "suite", "name"],
        doc: "a test at a commit, and what became of it",
        columns: &[
            required("repo", Text, "", "id of the repository"),
            required("commit", Text, HEX, "the commit that was tested"),
            required("suite", Text, "", "class or suite of the test"),
            required("name", Text, "", "name of the test"),
            required("outcome", Text, "passed, failed or skipped", "the worst of its results"),
            optional("seconds", Float64, "seconds", "the longest that it took"),
            optional("reported_at", Timestamp, UTC, "when the last report was made"),
            optional("source", Text, "junit", "format of the report"),
            optional("fetched_at", Timestamp, UTC, "when it was brought"),
            optional("raw_ref", Text, "", "where that report is kept as it was"),
        ],
    },
];
