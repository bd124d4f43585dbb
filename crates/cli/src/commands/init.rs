//! `candor init`: the folder in which an organisation describes itself and keeps its facts.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::Failure;
use crate::{Done, output, store};

/// Name of the description.
const FILE: &str = "candor.toml";

/// Arguments of `candor init`.
#[derive(clap::Args)]
#[command(after_help = "Example:
  candor init measurement && cd measurement && candor report ../app ../lib")]
pub struct Args {
    /// Folder to make or to use.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

const DESCRIPTION: &str =
    "# What this organisation is, for candor. Commit this file; the lake beside it holds facts and stays out of git.

# Name for pages and reports.
name = \"\"

# Folder of the facts, relative to this file.
lake = \"lake\"
";

/// A described organisation.
pub struct Organisation {
    dir: PathBuf,
    lake: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    #[serde(default)]
    #[expect(dead_code, reason = "read by people; checked so that a slip of the pen in another key is found")]
    name: String,
    #[serde(default = "default_lake")]
    lake: PathBuf,
}

fn default_lake() -> PathBuf {
    PathBuf::from("lake")
}

impl Organisation {
    /// The organisation that `CANDOR_ORG` names, or whose folder the current one lies in.
    pub fn current() -> Result<Option<Self>, Failure> {
        if let Some(dir) = std::env::var_os("CANDOR_ORG").filter(|dir| !dir.is_empty()) {
            return Self::open(Path::new(&dir)).map(Some);
        }
        let here = std::env::current_dir().map_err(|error| Failure::file("read", Path::new("."), &error))?;
        match here.ancestors().find(|dir| dir.join(FILE).is_file()) {
            Some(dir) => Self::open(dir).map(Some),
            None => Ok(None),
        }
    }

    fn open(dir: &Path) -> Result<Self, Failure> {
        let file = dir.join(FILE);
        let text = store::read_text(&file)?;
        let description: Description = toml::from_str(&text)
            .map_err(|error| Failure::user(format!("{}: {}", file.display(), error.to_string().trim_end())))?;
        Ok(Self { dir: dir.to_path_buf(), lake: description.lake })
    }

    /// The organisation's folder, which must be there.
    pub fn here() -> Result<Self, Failure> {
        Self::current()?.ok_or_else(|| {
            Failure::user("this is no organisation's folder: no `candor.toml` here or above")
                .hint("`candor init DIR` makes one; or name one with CANDOR_ORG")
        })
    }

    /// The folder in which it describes itself.
    pub fn folder(&self) -> &Path {
        &self.dir
    }

    /// Folder of the lake.
    pub fn lake(&self) -> PathBuf {
        self.dir.join(&self.lake)
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let file = args.dir.join(FILE);
    if file.exists() {
        return Err(Failure::user(format!("`{}` is there already", file.display())).hint("edit it, or name another folder"));
    }
    std::fs::create_dir_all(&args.dir).map_err(|error| Failure::file("make the folder", &args.dir, &error))?;
    let ignore = args.dir.join(".gitignore");
    if !ignore.exists() {
        output::write_file(&ignore, b"/lake/\n")?;
    }
    output::write_file(&file, DESCRIPTION.as_bytes())?;
    output::say(&format!(
        "made `{}`; commands in this folder keep their facts in `{}`",
        file.display(),
        args.dir.join("lake").display()
    ));
    Ok(())
}
