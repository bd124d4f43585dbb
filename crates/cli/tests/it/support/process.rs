//! Runs programs under control: no setting of the user's machine leaks in, an endless loop fails the test, and what came out is
//! kept with the command line that made it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A run of a history or a report that takes longer than this is an endless loop.
const PATIENCE: Duration = Duration::from_secs(300);

/// The binary under test (`CANDOR_BINARY` names another one, such as a release build) with a store (the user's cache) and a home folder of its own.
#[derive(Clone)]
pub struct Candor {
    /// What `CANDOR_CACHE_DIR` names.
    pub cache: PathBuf,
    home: PathBuf,
    /// The folder in which the command is started; reports land here.
    pub cwd: PathBuf,
    environment: Vec<(String, String)>,
}

impl Candor {
    /// A binary whose cache, home and current folder are new folders under `dir`, named after `name`.
    pub fn new(dir: &Path, name: &str) -> Candor {
        let made = |kind: &str| {
            let path = dir.join(format!("{name}.{kind}"));
            std::fs::create_dir_all(&path).unwrap();
            path
        };
        Candor { cache: made("cache"), home: made("home"), cwd: made("cwd"), environment: Vec::new() }
    }

    /// The same binary with one more environment variable.
    pub fn with(&self, key: &str, value: &str) -> Candor {
        let mut other = self.clone();
        other.environment.push((key.to_owned(), value.to_owned()));
        other
    }

    /// The command, ready to be started. Times must be told in UTC whatever the zone of the machine: hence the odd `TZ`.
    pub fn command<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Command {
        let built = OsString::from(env!("CARGO_BIN_EXE_candor"));
        let mut command = Command::new(std::env::var_os("CANDOR_BINARY").unwrap_or(built));
        isolate(&mut command, &self.home);
        command.args(args).current_dir(&self.cwd).env("CANDOR_CACHE_DIR", &self.cache).env("TZ", "Pacific/Apia");
        command.envs(self.environment.iter().map(|(k, v)| (k, v)));
        command
    }

    /// Runs the command to its end.
    pub fn run<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Finished {
        finish(self.command(args))
    }

    /// `candor export lines --repo REPO --format csv` with further arguments.
    pub fn lines(&self, repo: &Path, further: &[&str]) -> Finished {
        self.run(with_repo(&["export", "lines"], repo, "csv", further))
    }

    /// `candor export attribution --repo REPO --format json` with further arguments.
    pub fn attribution(&self, repo: &Path, further: &[&str]) -> Finished {
        self.run(with_repo(&["export", "attribution"], repo, "json", further))
    }
}

fn with_repo(command: &[&str], repo: &Path, format: &str, further: &[&str]) -> Vec<OsString> {
    let mut args: Vec<OsString> = command.iter().map(OsString::from).collect();
    args.extend(["--repo".into(), repo.into(), "--format".into(), format.into()]);
    args.extend(further.iter().map(OsString::from));
    args
}

/// What a command needs of the environment in which the tests run. Nothing else reaches it: a `CI`, a `COLUMNS`, a `NO_COLOR` or a
/// setting of the user's git would change an answer.
const KEPT: [&str; 5] = ["PATH", "TMPDIR", "LD_LIBRARY_PATH", "RUST_BACKTRACE", "LLVM_PROFILE_FILE"];

/// Starts the command in an environment of its own.
pub fn isolate(command: &mut Command, home: &Path) {
    command.env_clear();
    command.envs(KEPT.iter().filter_map(|key| Some((*key, std::env::var_os(key)?))));
    command.env("HOME", home).env("LC_ALL", "C").env("TZ", "UTC");
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_TERMINAL_PROMPT", "0");
    command.stdin(Stdio::null());
}

/// A run that has ended.
pub struct Finished {
    pub command: String,
    /// The exit code; none when a signal ended the run.
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub took: Duration,
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or("a signal".to_owned(), |c| format!("exit code {c}"));
        writeln!(f, "$ {}\n  ended with {code} after {:.2} s", self.command, self.took.as_secs_f64())?;
        writeln!(f, "  standard error: {}", clip(self.stderr.trim_end(), 3000))?;
        write!(f, "  standard output: {}", clip(String::from_utf8_lossy(&self.stdout).trim_end(), 800))
    }
}

fn clip(text: &str, limit: usize) -> String {
    if text.is_empty() {
        return "(nothing)".to_owned();
    }
    let cut: String = text.chars().take(limit).collect();
    if cut.len() < text.len() { format!("{cut} [... {} bytes in all]", text.len()) } else { cut }
}

impl Finished {
    /// Nothing that a run prints or does may look like a panic, and only the three documented exit codes may come out.
    pub fn check_manners(&self) -> Result<(), String> {
        if self.stderr.contains("panicked") || self.stderr.contains("RUST_BACKTRACE") {
            return Err(format!("a panic reached the user\n{self}"));
        }
        match self.code {
            Some(0..=2) => Ok(()),
            _ => Err(format!("the exit code is none of 0, 1, 2\n{self}")),
        }
    }

    /// A run that ended well.
    pub fn check_ok(&self) -> Result<(), String> {
        self.check_manners()?;
        if self.code == Some(0) { Ok(()) } else { Err(format!("expected exit code 0\n{self}")) }
    }

    /// A run that was refused with this exit code and a message that holds all of `says`.
    pub fn check_refused(&self, code: i32, says: &[&str]) -> Result<(), String> {
        self.check_manners()?;
        if self.code != Some(code) {
            return Err(format!("expected exit code {code}\n{self}"));
        }
        match says.iter().find(|word| !self.says(word)) {
            Some(word) => Err(format!("standard error does not say `{word}`\n{self}")),
            None => Ok(()),
        }
    }

    /// Whether standard error holds `word`, in any case; of an object id the first seven digits are enough.
    pub fn says(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        let id = matches!(word.len(), 40 | 64) && word.bytes().all(|b| b.is_ascii_hexdigit());
        self.stderr.to_lowercase().contains(if id { &word[..7] } else { &word })
    }

    /// Panics with the whole run unless it ended well, and gives standard output.
    pub fn ok(self) -> Vec<u8> {
        self.check_ok().unwrap_or_else(|why| panic!("{why}"));
        self.stdout
    }

    /// Standard output of a run that ended well, as JSON.
    pub fn json(self) -> serde_json::Value {
        let command = self.command.clone();
        let bytes = self.ok();
        let text = std::str::from_utf8(&bytes).unwrap_or_else(|e| panic!("$ {command}\n  the JSON is not UTF-8: {e}"));
        serde_json::from_str(text)
            .unwrap_or_else(|e| panic!("$ {command}\n  standard output is not JSON: {e}\n{}", clip(text, 2000)))
    }
}

/// Starts a command and waits for its end, with both pipes drained. Panics when it takes longer than [`PATIENCE`].
pub fn finish(mut command: Command) -> Finished {
    let line = describe(&command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let begun = Instant::now();
    let child = command.spawn().unwrap_or_else(|e| panic!("cannot start {line}: {e}"));
    finish_child(child, line, begun)
}

/// Waits for a child whose standard output and error are piped.
pub fn finish_child(mut child: Child, command: String, begun: Instant) -> Finished {
    let out = child.stdout.take().map(drain);
    let err = child.stderr.take().map(drain);
    let mut nap = Duration::from_millis(1);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("$ {command}\n  did not end within {} s", PATIENCE.as_secs());
        }
        thread::sleep(nap);
        nap = (nap * 2).min(Duration::from_millis(20));
    };
    let took = begun.elapsed();
    let stdout = out.map(|t| t.join().unwrap()).unwrap_or_default();
    let stderr = String::from_utf8_lossy(&err.map(|t| t.join().unwrap()).unwrap_or_default()).into_owned();
    Finished { command, code: status.code(), stdout, stderr, took }
}

fn drain(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// The command line as a person would type it, but for quoting.
pub fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let args = command.get_args().map(|a| format!(" {}", a.to_string_lossy())).collect::<String>();
    format!("{program}{args}")
}

/// All files below `dir` with their bytes, by relative path: to see whether a run changed or wrote anything.
pub fn files_below(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                open.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                found.push((path.strip_prefix(dir).unwrap().to_path_buf(), bytes));
            }
        }
    }
    found.sort();
    found
}
