//! What went wrong, for whom, and what to do: the only place that knows exit codes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use candor_git::GitError;
use candor_lake::LakeError;
use candor_model::text::visible_lines;
use candor_sources::git::SourceError;

/// Whose matter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The user can mend it.
    User,
    /// The program or the machine failed.
    Machine,
    /// The user stopped the run.
    Stopped,
    /// The reader of the output went away: nothing to say.
    ClosedPipe,
}

/// An end before the work was done.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    message: String,
    hints: Vec<String>,
    /// A file of a lake that is damaged, or the name of a state kept in one.
    damaged: Option<PathBuf>,
}

impl Failure {
    fn new(kind: Kind, message: String, hints: Vec<String>) -> Self {
        Self { kind, message, hints, damaged: None }
    }

    /// Something that the user can mend.
    pub fn user(message: impl Into<String>) -> Self {
        Self::new(Kind::User, message.into(), Vec::new())
    }

    /// Something that failed.
    pub fn machine(message: impl Into<String>) -> Self {
        Self::new(Kind::Machine, message.into(), Vec::new())
    }

    /// The same, with what it is about before it, where the message does not name it.
    pub fn about(mut self, path: &Path) -> Self {
        let place = format!("`{}`", path.display());
        if !self.message.contains(&place) {
            self.message = format!("{place}: {}", self.message);
        }
        self
    }

    /// The user stopped the run; what was mined is kept.
    pub fn stopped() -> Self {
        let hints = vec!["the next run goes on from here".to_owned()];
        Self::new(Kind::Stopped, "stopped at your request".to_owned(), hints)
    }

    /// A file that could not be read or written.
    pub fn file(action: &str, path: &Path, error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::new(Kind::ClosedPipe, String::new(), Vec::new());
        }
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound
            | std::io::ErrorKind::PermissionDenied
            | std::io::ErrorKind::ReadOnlyFilesystem
            | std::io::ErrorKind::AlreadyExists
            | std::io::ErrorKind::NotADirectory
            | std::io::ErrorKind::InvalidFilename
            | std::io::ErrorKind::IsADirectory => Kind::User,
            _ => Kind::Machine,
        };
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound if action == "write" => "the folder must be there before: make it first",
            std::io::ErrorKind::PermissionDenied => "look at the owner and the rights of the file and of its folder",
            std::io::ErrorKind::IsADirectory => "name a file, not a folder",
            std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotADirectory => "a file stands where a folder is needed",
            _ => "",
        };
        let hints = if hint.is_empty() { Vec::new() } else { vec![hint.to_owned()] };
        Self::new(kind, format!("cannot {action} `{}`: {}", path.display(), words_of(error)), hints)
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// A file of a lake, or the name of a state kept in one, that is damaged: another try will not mend it.
    pub fn damaged(&self) -> Option<&Path> {
        self.damaged.as_deref()
    }

    /// Whether the user can mend it.
    pub fn is_users(&self) -> bool {
        self.kind == Kind::User
    }

    /// Whether the program or the machine failed.
    pub fn is_machines(&self) -> bool {
        self.kind == Kind::Machine
    }

    /// Says it on standard error.
    pub fn report(self) -> ExitCode {
        if self.kind != Kind::ClosedPipe {
            let mut text = format!("error: {}\n", self.message);
            for hint in &self.hints {
                text.push_str(&format!("hint: {hint}\n"));
            }
            // Nothing can be done when standard error is closed too.
            let _ = std::io::stderr().write_all(visible_lines(&text).as_bytes());
        }
        ExitCode::from(match self.kind {
            Kind::User => 2,
            Kind::Machine => 1,
            Kind::Stopped => 130,
            Kind::ClosedPipe => 0,
        })
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.message)
    }
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        if matches!(error, GitError::Stopped) {
            return Self::stopped();
        }
        let kind = if error.is_users() { Kind::User } else { Kind::Machine };
        Self::new(kind, error.to_string(), error.hint().into_iter().collect())
    }
}

impl From<LakeError> for Failure {
    fn from(error: LakeError) -> Self {
        let damaged = error.damaged_file().map(Path::to_path_buf);
        Self { damaged, ..Self::machine(chain(&error)) }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Git(error) => error.into(),
            SourceError::Lake(error) => error.into(),
            SourceError::State { ref name, .. } => Self { damaged: Some(PathBuf::from(name)), ..Self::machine(chain(&error)) },
            other => Self::machine(chain(&other)),
        }
    }
}

impl From<candor_metrics::MetricsError> for Failure {
    fn from(error: candor_metrics::MetricsError) -> Self {
        let (kind, hints) = match &error {
            candor_metrics::MetricsError::Option { option, .. } => {
                let hint = match *option {
                    "--se" | "--sp" => {
                        "both come from a reviewed sample, or from records beside trailers; leave them out for uncorrected figures"
                    }
                    "--ai-heavy" => "write a share, not percent",
                    "--since" => "landings are kept from --since on and known up to --as-of",
                    _ => "see `candor report --help`",
                };
                (Kind::User, vec![hint.to_owned()])
            }
            _ => (Kind::Machine, Vec::new()),
        };
        Self::new(kind, chain(&error), hints)
    }
}

impl From<candor_experiment::ExperimentError> for Failure {
    fn from(error: candor_experiment::ExperimentError) -> Self {
        let kind = if error.is_users() { Kind::User } else { Kind::Machine };
        Self::new(kind, chain(&error), error.hint().into_iter().collect())
    }
}

/// What the system says, without its number.
fn words_of(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" (os error ") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
